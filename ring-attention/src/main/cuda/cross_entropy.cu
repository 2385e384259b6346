// losses[t] = log(sum exp(logits[t])) - logits[t][target], and its gradient in place of the logits. A block a row.
#include "pack.cuh"
#include "sums.cuh"

// The running maximum and the sum of exponentials below it.
struct Partition {
  float max;
  float sum;
};

__device__ __forceinline__ Partition join(Partition a, Partition b) {
  float max = fmaxf(a.max, b.max);
  if (max == -INFINITY) return {max, a.sum + b.sum};
  return {max, a.sum * expf(a.max - max) + b.sum * expf(b.max - max)};
}

// On every thread, always in one order. A NaN among the logits makes the sum NaN.
__device__ Partition block_join(Partition mine, Partition* shared) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    Partition other = {
        __shfl_xor_sync(ALL_LANES, mine.max, distance), __shfl_xor_sync(ALL_LANES, mine.sum, distance)};
    mine = join(mine, other);
  }
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = mine;
  __syncthreads();
  Partition all = shared[0];
  for (int warp = 1; warp < blockDim.x / 32; warp++) all = join(all, shared[warp]);
  return all;
}

template <typename T>
__device__ void cross_entropy(
    T* logits, const int* targets, const float* weights, float* losses, float gradient_scale, int with_gradient, int n) {
  __shared__ Partition shared[32];
  long long row = blockIdx.x;
  T* x = logits + row * n;
  bool aligned = is_aligned(x);
  float weight = weights[row];
  if (weight == 0) {
    if (threadIdx.x == 0) losses[row] = 0;
    float zeros[PACK] = {};
    for (int c = threadIdx.x * PACK; with_gradient && c < n; c += blockDim.x * PACK) store_pack(x, c, n, aligned, zeros);
    return;
  }
  int target = targets[row];
  // A target that the model has not makes the loss NaN, which stops a run.
  float logit = target >= 0 && target < n ? to_float(x[target]) : __int_as_float(0x7fffffff);
  Partition mine = {-INFINITY, 0};
  for (int c = threadIdx.x * PACK; c < n; c += blockDim.x * PACK) {
    float v[PACK];
    load_pack(x, c, n, aligned, v);
    float max = mine.max;
#pragma unroll
    for (int i = 0; i < PACK; i++) max = c + i < n ? fmaxf(max, v[i]) : max;
    float base = max == -INFINITY ? 0 : max;
    float sum = 0;
#pragma unroll
    for (int i = 0; i < PACK; i++) sum += c + i < n ? expf(v[i] - base) : 0.f;
    mine = {max, (mine.max == -INFINITY ? 0.f : mine.sum * expf(mine.max - base)) + sum};
  }
  Partition all = block_join(mine, shared); // its barrier also keeps the target's logit from being overwritten too early
  if (threadIdx.x == 0) losses[row] = logf(all.sum) + (all.max - logit);
  if (!with_gradient) return;
  float factor = weight * gradient_scale;
  float share = factor / all.sum;
  for (int c = threadIdx.x * PACK; c < n; c += blockDim.x * PACK) {
    float v[PACK];
    load_pack(x, c, n, aligned, v);
#pragma unroll
    for (int i = 0; i < PACK; i++) {
      float probability = expf(v[i] - all.max);
      v[i] = c + i == target ? factor * (probability / all.sum - 1.f) : share * probability;
    }
    store_pack(x, c, n, aligned, v);
  }
}

extern "C" __global__ void __launch_bounds__(512) cross_entropy_f32(
    float* logits, const int* targets, const float* weights, float* losses, float gradient_scale, int with_gradient, int n) {
  cross_entropy(logits, targets, weights, losses, gradient_scale, with_gradient, n);
}
extern "C" __global__ void __launch_bounds__(512) cross_entropy_bf16(
    bf16* logits, const int* targets, const float* weights, float* losses, float gradient_scale, int with_gradient, int n) {
  cross_entropy(logits, targets, weights, losses, gradient_scale, with_gradient, n);
}
