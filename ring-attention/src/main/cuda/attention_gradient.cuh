// Gradients in accumulators added to, or put into, global memory.
#pragma once
#include "attention_softmax.cuh"

namespace annulus {

// gradient[row, :] += factor * values, and the same of row + 8, in the layout of accumulators; `gradient` points to the first column.
// Nobody else adds to these rows in the same launch, so the result has a fixed order of additions.
template <int N>
__device__ __forceinline__ void addRows(
    float* gradient, const float (&values)[N], float factor, int row, int rows, int rowStride) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (row + 8 * r < rows) {
      float* at = gradient + static_cast<long>(row + 8 * r) * rowStride + 2 * (threadIdx.x % 4);
#pragma unroll
      for (int j = 0; j < N / 4; j++) {
        float2 before = *reinterpret_cast<const float2*>(at + 8 * j);
        before.x = fmaf(values[4 * j + 2 * r], factor, before.x);
        before.y = fmaf(values[4 * j + 2 * r + 1], factor, before.y);
        *reinterpret_cast<float2*>(at + 8 * j) = before;
      }
    }
  }
}

// The same over whatever stands there.
template <int N>
__device__ __forceinline__ void putRows(
    float* gradient, const float (&values)[N], float factor, int row, int rows, int rowStride) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (row + 8 * r < rows) {
      float* at = gradient + static_cast<long>(row + 8 * r) * rowStride + 2 * (threadIdx.x % 4);
#pragma unroll
      for (int j = 0; j < N / 4; j++) {
        *reinterpret_cast<float2*>(at + 8 * j) =
            make_float2(values[4 * j + 2 * r] * factor, values[4 * j + 2 * r + 1] * factor);
      }
    }
  }
}

// Zeros for the N / 2 columns of a row's part, and of row + 8: what nobody adds to in a first block.
template <int N>
__device__ __forceinline__ void clearRows(float* gradient, int row, int rows, int rowStride) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (row + 8 * r < rows) {
      float* at = gradient + static_cast<long>(row + 8 * r) * rowStride + 2 * (threadIdx.x % 4);
#pragma unroll
      for (int j = 0; j < N / 4; j++) {
        *reinterpret_cast<float2*>(at + 8 * j) = make_float2(0, 0);
      }
    }
  }
}

}  // namespace annulus
