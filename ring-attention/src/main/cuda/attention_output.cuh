// What a tile's rows leave in global memory: the partial result merged into the running one.
#pragma once
#include "attention_softmax.cuh"

namespace annulus {

// Where results go; token-major, heads side by side.
struct AttentionOutput {
  float* out;               // [queries, columns], running result; null: not kept in fp32
  float* lse;               // [heads, queries]
  __nv_bfloat16* outBf16;   // [queries, columns] rounded copy; null: none
  int queries;
  int columns;
  int readsRunning;         // 0: first block, what stands in out and lse is not read

  // Row of `head`: values[4 j + 2 r + {0, 1}] are columns 8 j + 2 (lane % 4) + {0, 1} of accumulators whose sum of
  // exponentials is `sum`. Called by all lanes of a warp.
  template <int r, int N>
  __device__ __forceinline__ void writeRow(
      const float (&values)[N], int row, int head, int headDim, float max, float sum, float scale) const {
    sum = quadSum(sum);
    if (row >= queries) {
      return;
    }
    float part = rowLse(max, sum, scale);
    float inverse = sum > 0 ? 1.0f / sum : 0.0f;
    int lane = threadIdx.x % 32;
    long lseAt = static_cast<long>(head) * queries + row;
    Merge merge = mergeLaw(readsRunning ? lse[lseAt] : -INFINITY, part);
    if (lane % 4 == 0) {
      lse[lseAt] = merge.lse;
    }
    float add = merge.add * inverse;
    long at = static_cast<long>(row) * columns + head * headDim + 2 * (lane % 4);
#pragma unroll
    for (int j = 0; j < N / 4; j++) {
      float2 value = make_float2(values[4 * j + 2 * r] * add, values[4 * j + 2 * r + 1] * add);
      if (readsRunning) {
        float2 before = *reinterpret_cast<const float2*>(out + at + 8 * j);
        value.x = fmaf(before.x, merge.keep, value.x);
        value.y = fmaf(before.y, merge.keep, value.y);
      }
      if (out != nullptr) {
        *reinterpret_cast<float2*>(out + at + 8 * j) = value;
      }
      if (outBf16 != nullptr) {
        *reinterpret_cast<uint32_t*>(outBf16 + at + 8 * j) = packBf16(value.x, value.y);
      }
    }
  }
};

}  // namespace annulus
