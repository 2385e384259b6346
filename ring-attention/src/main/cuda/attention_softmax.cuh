// Online softmax of one warpgroup's scores (FlashAttention, 2205.14135, in base 2): each thread holds two rows of a tile in the layout
// of the accumulators (hopper_wgmma.cuh, and that of mma.m16n8k16), a row lies in four neighbouring lanes.
#pragma once
#include <cuda_bf16.h>
#include <cstdint>

namespace annulus {

constexpr float LOG2_E = 1.4426950408889634f;
constexpr float LN_2 = 0.6931471805599453f;

__device__ __forceinline__ float exp2Fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ float quadMax(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffff, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffff, x, 2));
}

__device__ __forceinline__ float quadSum(float x) {
  x += __shfl_xor_sync(0xffffffff, x, 1);
  return x + __shfl_xor_sync(0xffffffff, x, 2);
}

// Two floats as bf16, the first in the low half.
__device__ __forceinline__ uint32_t packBf16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

// Accumulators as the left operand of the next product.
template <int N>
__device__ __forceinline__ void packRows(const float (&values)[N], uint32_t (&packed)[N / 2]) {
#pragma unroll
  for (int i = 0; i < N / 2; i++) {
    packed[i] = packBf16(values[2 * i], values[2 * i + 1]);
  }
}

struct OnlineSoftmax {
  float max[2] = {-INFINITY, -INFINITY};  // of the raw scores
  float sum[2] = {0, 0};                  // this thread's share

  // Scores to exponentials in place; returns in `rescale` what earlier results of each row are to be multiplied by.
  // Scores may be negative infinity, all of a row's too.
  template <int N>
  __device__ __forceinline__ void step(float (&scores)[N], float scaleLog2, float (&rescale)[2]) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float high = max[r];
#pragma unroll
      for (int j = 0; j < N; j += 4) {
        high = fmaxf(high, fmaxf(scores[j + 2 * r], scores[j + 2 * r + 1]));
      }
      high = quadMax(high);
      float shift = high == -INFINITY ? 0.0f : high * scaleLog2;
      rescale[r] = exp2Fast(max[r] * scaleLog2 - shift);
      max[r] = high;
      float total = 0;
#pragma unroll
      for (int j = 0; j < N; j += 4) {
        scores[j + 2 * r] = exp2Fast(scores[j + 2 * r] * scaleLog2 - shift);
        scores[j + 2 * r + 1] = exp2Fast(scores[j + 2 * r + 1] * scaleLog2 - shift);
        total += scores[j + 2 * r] + scores[j + 2 * r + 1];
      }
      sum[r] = sum[r] * rescale[r] + total;
    }
  }
};

// Natural-log LSE of a row from its maximum and its whole sum; negative infinity if it saw nothing.
__device__ __forceinline__ float rowLse(float max, float sum, float scale) {
  return sum > 0 ? max * scale + __logf(sum) : -INFINITY;
}

// The merge law (PartialMerge): shares of the running and of the new result, and the new LSE.
struct Merge {
  float keep;
  float add;
  float lse;
};

__device__ __forceinline__ Merge mergeLaw(float running, float part) {
  float high = fmaxf(running, part);
  float low = fminf(running, part);
  if (low == -INFINITY) {
    return {running == -INFINITY ? 0.0f : 1.0f, part == -INFINITY ? 0.0f : 1.0f, high};
  }
  float lowWeight = expf(low - high);
  float whole = 1.0f / (1.0f + lowWeight);
  float highShare = whole;
  float lowShare = lowWeight * whole;
  bool runningHigh = running >= part;
  return {runningHigh ? highShare : lowShare, runningHigh ? lowShare : highShare, high + log1pf(lowWeight)};
}

}  // namespace annulus
