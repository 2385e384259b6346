// y = x r w with r = 1 / sqrt(mean(x^2) + eps) of each row [rows, n]; r is kept for backward. The weight is fp32.
#include "pack.cuh"
#include "sums.cuh"

// A warp a row; the second pass finds the row in the cache.
template <typename T>
__device__ void rms_norm(
    const T* x, const float* weight, float eps, T* y, float* inverse_rms, long long rows, int n) {
  long long row = static_cast<long long>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  bool aligned = is_aligned(x) && is_aligned(y);
  int lane = threadIdx.x % 32;
  float squares = 0;
#pragma unroll 4
  for (int c = lane * PACK; c < n; c += 32 * PACK) {
    float v[PACK];
    load_pack(x, c, n, aligned, v);
#pragma unroll
    for (int i = 0; i < PACK; i++) squares += v[i] * v[i];
  }
  float r = 1.f / sqrtf(warp_sum(squares) / n + eps);
  bool weight_aligned = is_aligned(weight);
#pragma unroll 2
  for (int c = lane * PACK; c < n; c += 32 * PACK) {
    float v[PACK], w[PACK];
    load_pack(x, c, n, aligned, v);
    load_pack(weight, c, n, weight_aligned, w);
#pragma unroll
    for (int i = 0; i < PACK; i++) v[i] *= r * w[i];
    store_pack(y, c, n, aligned, v);
  }
  if (lane == 0) inverse_rms[row] = r;
}

extern "C" __global__ void rms_norm_f32(
    const float* x, const float* weight, float eps, float* y, float* inverse_rms, long long rows, int n) {
  rms_norm(x, weight, eps, y, inverse_rms, rows, n);
}
extern "C" __global__ void rms_norm_bf16(
    const bf16* x, const float* weight, float eps, bf16* y, float* inverse_rms, long long rows, int n) {
  rms_norm(x, weight, eps, y, inverse_rms, rows, n);
}

// One pack of a row: dx += r (w dy - x pull), and dy x r into the strip's sums unless those are null.
template <typename T>
__device__ __forceinline__ void rms_norm_gradient_pack(
    const float (&d)[PACK], const float (&v)[PACK], const float (&w)[PACK], float (&g)[PACK], float r, float pull, T* dx,
    float* sums, int c, int n, bool aligned) {
#pragma unroll
  for (int i = 0; i < PACK; i++) g[i] += r * (w[i] * d[i] - v[i] * pull);
  store_pack(dx, c, n, aligned, g);
  if (sums != nullptr) {
#pragma unroll
    for (int i = 0; i < PACK; i++)
      if (c + i < n) sums[c + i] += d[i] * v[i] * r; // only this thread has these columns
  }
}

// dx += r (w dy - x r^2 mean(w dy x)); each block also sums dy x r over its strip of rows, into its row of `partials`
// [gridDim.x, n] unless that is null. Dynamic shared memory: n floats if there are partials. Rows of a pack a thread are read once
// and stay in registers; of longer ones the second pass finds most in the cache.
template <typename T>
__device__ void rms_norm_gradient(
    const T* dy, const T* x, const float* weight, const float* inverse_rms, T* dx, float* partials, long long rows, int n) {
  extern __shared__ float shared_sums[];
  __shared__ float warps[2][32];
  float* sums = partials == nullptr ? nullptr : shared_sums;
  for (int c = threadIdx.x; sums != nullptr && c < n; c += blockDim.x) sums[c] = 0;
  __syncthreads();
  bool weight_aligned = is_aligned(weight);
  long long begin = rows * blockIdx.x / gridDim.x;
  long long end = rows * (blockIdx.x + 1) / gridDim.x;
  bool short_rows = n <= static_cast<int>(blockDim.x) * PACK;
  int own = threadIdx.x * PACK;
  float w[PACK] = {};
  if (short_rows && own < n) load_pack(weight, own, n, weight_aligned, w);
  for (long long row = begin; row < end; row++) {
    const T* row_dy = dy + row * n;
    const T* row_x = x + row * n;
    T* row_dx = dx + row * n;
    bool aligned = is_aligned(row_dy) && is_aligned(row_x) && is_aligned(row_dx);
    float r = inverse_rms[row];
    float d[PACK], v[PACK], g[PACK];
    float dot = 0;
    if (short_rows) {
      if (own < n) {
        load_pack(row_dy, own, n, aligned, d);
        load_pack(row_x, own, n, aligned, v);
        load_pack(row_dx, own, n, aligned, g);
#pragma unroll
        for (int i = 0; i < PACK; i++) dot += w[i] * d[i] * v[i];
      }
    } else {
      for (int c = own; c < n; c += blockDim.x * PACK) {
        load_pack(row_dy, c, n, aligned, d);
        load_pack(row_x, c, n, aligned, v);
        load_pack(weight, c, n, weight_aligned, w);
#pragma unroll
        for (int i = 0; i < PACK; i++) dot += w[i] * d[i] * v[i];
      }
    }
    dot = block_sum(dot, warps[row % 2]);
    float pull = r * r * dot / n;
    if (short_rows) {
      if (own < n) rms_norm_gradient_pack(d, v, w, g, r, pull, row_dx, sums, own, n, aligned);
    } else {
      for (int c = own; c < n; c += blockDim.x * PACK) {
        load_pack(row_dy, c, n, aligned, d);
        load_pack(row_x, c, n, aligned, v);
        load_pack(weight, c, n, weight_aligned, w);
        load_pack(row_dx, c, n, aligned, g);
        rms_norm_gradient_pack(d, v, w, g, r, pull, row_dx, sums, c, n, aligned);
      }
    }
  }
  __syncthreads();
  for (int c = threadIdx.x; sums != nullptr && c < n; c += blockDim.x)
    partials[static_cast<long long>(blockIdx.x) * n + c] = sums[c];
}

extern "C" __global__ void __launch_bounds__(256, 4) rms_norm_gradient_f32(
    const float* dy, const float* x, const float* weight, const float* inverse_rms, float* dx, float* partials, long long rows,
    int n) {
  rms_norm_gradient(dy, x, weight, inverse_rms, dx, partials, rows, n);
}
extern "C" __global__ void __launch_bounds__(256, 4) rms_norm_gradient_bf16(
    const bf16* dy, const bf16* x, const float* weight, const float* inverse_rms, bf16* dx, float* partials, long long rows,
    int n) {
  rms_norm_gradient(dy, x, weight, inverse_rms, dx, partials, rows, n);
}

// sum[c] += the sum of column c of partials [rows, n], in one order. A block of 32 columns by 16 groups of rows.
extern "C" __global__ void __launch_bounds__(512) column_sums(const float* partials, float* sum, int rows, int n) {
  __shared__ float groups[16][32];
  int column = blockIdx.x * 32 + threadIdx.x % 32;
  int group = threadIdx.x / 32;
  float total = 0;
  if (column < n) {
#pragma unroll 8
    for (int row = group; row < rows; row += 16) total += partials[static_cast<long long>(row) * n + column];
  }
  groups[group][threadIdx.x % 32] = total;
  __syncthreads();
  if (group == 0 && column < n) {
    for (int g = 1; g < 16; g++) total += groups[g][threadIdx.x];
    sum[column] += total;
  }
}
