// Waiting on Hopper: mbarriers in shared memory (arrivals and bytes of bulk copies; PTX ISA "mbarrier"), named barriers of
// some of a block's warps, fences between ordinary stores and the engines that read shared memory by themselves.
#pragma once
#include <cstdint>

namespace annulus {

__device__ __forceinline__ uint32_t sharedAddress(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ void barrierInit(uint64_t* barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(arrivals) : "memory");
}

// After all barrierInit and before anybody (the copy engine too) uses a barrier.
__device__ __forceinline__ void barrierInitDone() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

__device__ __forceinline__ void barrierArrive(uint64_t* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(barrier)) : "memory");
}

// Arrives once and tells the barrier how many bytes of copies belong to this phase.
__device__ __forceinline__ void barrierArriveExpecting(uint64_t* barrier, uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(barrier)), "r"(bytes)
               : "memory");
}

// Waits until the phase of the given parity (0 the first, then alternating) is complete.
__device__ __forceinline__ void barrierWait(uint64_t* barrier, uint32_t parity) {
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@done bra finished;\n"
      "bra again;\n"
      "finished:\n"
      "}\n" ::"r"(sharedAddress(barrier)),
      "r"(parity)
      : "memory");
}

// Named barriers 1 to 15 (0 is __syncthreads); `threads` counts both those that sync and those that arrive.
__device__ __forceinline__ void namedSync(int barrier, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

__device__ __forceinline__ void namedArrive(int barrier, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory");
}

// Makes this thread's ordinary stores to shared memory visible to tensor cores and copy engine.
__device__ __forceinline__ void fenceSharedForEngines() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// A position in a ring of STAGES buffers and the parity of the turn there.
template <int STAGES>
struct RingPosition {
  int stage = 0;
  uint32_t parity = 0;
  __device__ __forceinline__ void next() {
    if (++stage == STAGES) {
      stage = 0;
      parity ^= 1;
    }
  }
};

}  // namespace annulus
