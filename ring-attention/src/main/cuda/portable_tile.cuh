// Tiles for any GPU since Ampere (PTX ISA "cp.async", "ldmatrix", "mma.m16n8k16"): rows of D bf16 in shared memory whose 16-byte
// piece p of row r stands at place p ^ (r % 8), and products of a warp's 16 rows. Accumulators lie as those of hopper_wgmma.cuh.
#pragma once
#include <cuda_bf16.h>
#include <cstdint>

namespace annulus {

template <int D>
__device__ __forceinline__ uint32_t pieceAt(uint32_t tile, int row, int piece) {
  return tile + row * (D * 2) + (piece ^ (row % 8)) * 16;
}

// Starts copying rows [first, first + ROWS) of a matrix; rows outside [0, rows) become zero. By all of the block's THREADS.
template <int D, int ROWS, int THREADS>
__device__ __forceinline__ void copyTile(
    uint32_t tile, const __nv_bfloat16* matrix, long rowStride, int first, int rows) {
  constexpr int pieces = D / 8;
#pragma unroll 2
  for (int i = threadIdx.x; i < ROWS * pieces; i += THREADS) {
    int row = i / pieces;
    int piece = i % pieces;
    int source = first + row;
    bool inside = source >= 0 && source < rows;
    const void* from = matrix + (inside ? source * rowStride : 0) + piece * 8;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(pieceAt<D>(tile, row, piece)),
                 "l"(from),
                 "r"(inside ? 16 : 0)
                 : "memory");
  }
}

__device__ __forceinline__ void copiesCommit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most PENDING of this thread's committed groups are still running.
template <int PENDING>
__device__ __forceinline__ void copiesWait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

__device__ __forceinline__ void loadFragments(uint32_t (&f)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f[0]), "=r"(f[1]), "=r"(f[2]), "=r"(f[3])
               : "r"(address)
               : "memory");
}

__device__ __forceinline__ void loadFragmentsTurned(uint32_t (&f)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f[0]), "=r"(f[1]), "=r"(f[2]), "=r"(f[3])
               : "r"(address)
               : "memory");
}

// d[4] of columns 8 j: += a[16 x 16] b[16 x 8].
__device__ __forceinline__ void multiply(float* d, const uint32_t* a, uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// d[16 x N] = a b', rows of a from firstRow on, N rows of b, all of D elements.
template <int D, int N>
__device__ __forceinline__ void rowProducts(float (&d)[N / 2], uint32_t a, int firstRow, uint32_t b) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < N / 2; i++) {
    d[i] = 0;
  }
#pragma unroll
  for (int k = 0; k < D / 16; k++) {
    uint32_t left[4];
    loadFragments(left, pieceAt<D>(a, firstRow + lane % 16, 2 * k + lane / 16));
#pragma unroll
    for (int n = 0; n < N / 16; n++) {
      uint32_t right[4];
      loadFragments(right, pieceAt<D>(b, 16 * n + lane / 16 * 8 + lane % 8, 2 * k + lane / 8 % 2));
      multiply(d + 8 * n, left, right[0], right[1]);
      multiply(d + 8 * n + 4, left, right[2], right[3]);
    }
  }
}

// d[16 x D] += weights[16 x N] b[N x D], weights packed accumulators.
template <int D, int N>
__device__ __forceinline__ void weightProducts(float (&d)[D / 2], const uint32_t (&weights)[N / 4], uint32_t b) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int k = 0; k < N / 16; k++) {
#pragma unroll
    for (int n = 0; n < D / 16; n++) {
      uint32_t right[4];
      loadFragmentsTurned(right, pieceAt<D>(b, 16 * k + lane % 16, 2 * n + lane / 16));
      multiply(d + 8 * n, weights + 4 * k, right[0], right[1]);
      multiply(d + 8 * n + 4, weights + 4 * k, right[2], right[3]);
    }
  }
}

}  // namespace annulus
