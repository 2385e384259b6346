// Attention backward, what is done once per query row.
#include <cuda_bf16.h>
#include <cstdint>

#include "attention_softmax.cuh"

using namespace annulus;

namespace {

__device__ __forceinline__ float2 pairAt(const float* values, long at) {
  return *reinterpret_cast<const float2*>(values + at);
}

__device__ __forceinline__ float2 pairAt(const __nv_bfloat16* values, long at) {
  return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(values + at));
}

// A warp a (query, head): 4 rows a block of 128 threads.
template <typename T>
__device__ __forceinline__ void deltaRow(
    const T* out, const __nv_bfloat16* dOut, int queries, int heads, int headDim, float* delta) {
  long row = static_cast<long>(blockIdx.x) * 4 + threadIdx.x / 32;
  if (row >= static_cast<long>(queries) * heads) {
    return;
  }
  float sum = 0;
  for (int i = 2 * (threadIdx.x % 32); i < headDim; i += 64) {
    float2 a = pairAt(out, row * headDim + i);
    float2 b = pairAt(dOut, row * headDim + i);
    sum += a.x * b.x + a.y * b.y;
  }
#pragma unroll
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    sum += __shfl_xor_sync(0xffffffff, sum, lanes);
  }
  if (threadIdx.x % 32 == 0) {
    delta[row % heads * queries + row / heads] = sum;
  }
}

}  // namespace

// delta[h, t] = sum of dOut[t, h, :] * out[t, h, :]; out, dOut [queries, heads * headDim], headDim even.
extern "C" __global__ void __launch_bounds__(128) attention_delta(
    const float* out, const __nv_bfloat16* dOut, int queries, int heads, int headDim, float* delta) {
  deltaRow(out, dOut, queries, heads, headDim, delta);
}

// The same from an out that was kept in bf16.
extern "C" __global__ void __launch_bounds__(128) attention_delta_bf16(
    const __nv_bfloat16* out, const __nv_bfloat16* dOut, int queries, int heads, int headDim, float* delta) {
  deltaRow(out, dOut, queries, heads, headDim, delta);
}

// lse, delta [heads, queries] in the form the Hopper backward reads: rows [heads, tiles of 64 queries, 2, 64], of each tile first the
// LSE in base 2, infinity for a row that saw nothing (its P is then 0), then delta; seen [tiles * 64, 2] the runs of visible keys.
// Rows behind the last query see nothing. A thread a row; blockIdx.y is the head.
extern "C" __global__ void __launch_bounds__(128) attention_backward_rows(
    const float* lse, const float* delta, const int* from, const int* to, int queries, float* rows, int* seen) {
  int row = blockIdx.x * 128 + threadIdx.x;
  int padded = (queries + 63) / 64 * 64;
  if (row >= padded) {
    return;
  }
  bool inside = row < queries;
  long source = static_cast<long>(blockIdx.y) * queries + row;
  float* target = rows + 2 * (static_cast<long>(blockIdx.y) * padded + row / 64 * 64) + row % 64;
  float value = inside ? lse[source] : -INFINITY;
  target[0] = value == -INFINITY ? INFINITY : value * LOG2_E;
  target[64] = inside ? delta[source] : 0;
  if (blockIdx.y == 0) {
    reinterpret_cast<int2*>(seen)[row] = inside ? make_int2(from[row], to[row]) : make_int2(0, 0);
  }
}
