// AdamW on fp32 weights and moments, and the sum of squares that gradients are clipped by.
#include "pack.cuh"
#include "sums.cuh"

// m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2; w = decay w - step_size m / (sqrt(v) inverse_root + eps), with
// g = gradient * gradient_scale. Writes the new weights in bf16 too unless `copy` is null.
extern "C" __global__ void __launch_bounds__(256) adamw(
    float* weights, const float* gradient, float* m, float* v, bf16* copy, float gradient_scale, float decay,
    float one_minus_beta1, float beta2, float one_minus_beta2, float step_size, float inverse_root, float eps, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(weights) && is_aligned(gradient) && is_aligned(m) && is_aligned(v);
  float w[PACK], g[PACK], mean[PACK], variance[PACK];
  load_pack(weights, first, n, aligned, w);
  load_pack(gradient, first, n, aligned, g);
  load_pack(m, first, n, aligned, mean);
  load_pack(v, first, n, aligned, variance);
#pragma unroll
  for (int i = 0; i < PACK; i++) {
    float scaled = g[i] * gradient_scale;
    mean[i] += (scaled - mean[i]) * one_minus_beta1;
    variance[i] = variance[i] * beta2 + scaled * scaled * one_minus_beta2;
    w[i] = w[i] * decay - mean[i] / (sqrtf(variance[i]) * inverse_root + eps) * step_size;
  }
  store_pack(weights, first, n, aligned, w);
  store_pack(m, first, n, aligned, mean);
  store_pack(v, first, n, aligned, variance);
  if (copy != nullptr) store_pack(copy, first, n, is_aligned(copy), w);
}

// Block b's share of the sum, in double; the grid is always of the same size.
template <typename T>
__device__ void sum_of_squares(const T* x, double* partials, long long n) {
  __shared__ double warps[32];
  bool aligned = is_aligned(x);
  double sum = 0;
  long long stride = static_cast<long long>(gridDim.x) * blockDim.x * PACK;
  for (long long first = first_of_thread(); first < n; first += stride) {
    float v[PACK];
    load_pack(x, first, n, aligned, v);
#pragma unroll
    for (int i = 0; i < PACK; i++) sum += static_cast<double>(v[i]) * v[i];
  }
  sum = block_sum(sum, warps);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

extern "C" __global__ void __launch_bounds__(256) sum_of_squares_f32(const float* x, double* partials, long long n) {
  sum_of_squares(x, partials, n);
}
extern "C" __global__ void __launch_bounds__(256) sum_of_squares_bf16(const bf16* x, double* partials, long long n) {
  sum_of_squares(x, partials, n);
}

// The sum of `count` doubles, by one block.
extern "C" __global__ void __launch_bounds__(256) total(const double* partials, double* sum, int count) {
  __shared__ double warps[32];
  double mine = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) mine += partials[i];
  mine = block_sum(mine, warps);
  if (threadIdx.x == 0) *sum = mine;
}
