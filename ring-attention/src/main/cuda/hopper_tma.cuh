// The copy engine of Hopper: tiles between global and shared memory by tensor map (PTX ISA "cp.async.bulk.tensor").
//
// Every map of this project has four dimensions (inside a 128-byte chunk, token, chunk of the head, head), so that one copy
// brings all of a head's columns for some tokens as [chunk][token][128 bytes], each 128-byte row swizzled: its 16-byte piece p
// stands at place p ^ (token % 8). Tokens outside the tensor read as zero and are not written.
#pragma once
#include "hopper_barrier.cuh"

namespace annulus {

// CUtensorMap, made on the host by cuTensorMapEncodeTiled.
struct alignas(64) TensorMap {
  unsigned char bytes[128];
};

__device__ __forceinline__ void prefetchMap(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(reinterpret_cast<uint64_t>(map)) : "memory");
}

// Loads the box at (token, chunk, head); its bytes count on `barrier`.
__device__ __forceinline__ void loadTile(
    void* shared, const TensorMap* map, uint64_t* barrier, int token, int chunk, int head) {
  asm volatile(
      "cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(
          sharedAddress(shared)),
      "l"(reinterpret_cast<uint64_t>(map)),
      "r"(sharedAddress(barrier)),
      "r"(0),
      "r"(token),
      "r"(chunk),
      "r"(head)
      : "memory");
}

// Loads a run of bytes (a multiple of 16, both sides aligned to 16); they count on `barrier`.
__device__ __forceinline__ void loadRun(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                   sharedAddress(shared)),
               "l"(reinterpret_cast<uint64_t>(global)),
               "r"(bytes),
               "r"(sharedAddress(barrier))
               : "memory");
}

}  // namespace annulus
