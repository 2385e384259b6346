// Sums, scalings, fills and conversions of n elements: one pack a thread, bound by memory.
#include "pack.cuh"

// y += x
template <typename T>
__device__ void add(const T* x, T* y, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(x) && is_aligned(y);
  float a[PACK], b[PACK];
  load_pack(x, first, n, aligned, a);
  load_pack(y, first, n, aligned, b);
#pragma unroll
  for (int i = 0; i < PACK; i++) b[i] += a[i];
  store_pack(y, first, n, aligned, b);
}

extern "C" __global__ void add_f32(const float* x, float* y, long long n) { add(x, y, n); }
extern "C" __global__ void add_bf16(const bf16* x, bf16* y, long long n) { add(x, y, n); }

// x *= factor
template <typename T>
__device__ void scale(T* x, float factor, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(x);
  float a[PACK];
  load_pack(x, first, n, aligned, a);
#pragma unroll
  for (int i = 0; i < PACK; i++) a[i] *= factor;
  store_pack(x, first, n, aligned, a);
}

extern "C" __global__ void scale_f32(float* x, float factor, long long n) { scale(x, factor, n); }
extern "C" __global__ void scale_bf16(bf16* x, float factor, long long n) { scale(x, factor, n); }

// x = value
template <typename T>
__device__ void fill(T* x, float value, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  float a[PACK];
#pragma unroll
  for (int i = 0; i < PACK; i++) a[i] = value;
  store_pack(x, first, n, is_aligned(x), a);
}

extern "C" __global__ void fill_f32(float* x, float value, long long n) { fill(x, value, n); }
extern "C" __global__ void fill_bf16(bf16* x, float value, long long n) { fill(x, value, n); }

// y = x in another type, rounded to nearest even
template <typename From, typename To>
__device__ void convert(const From* x, To* y, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(x) && is_aligned(y);
  float a[PACK];
  load_pack(x, first, n, aligned, a);
  store_pack(y, first, n, aligned, a);
}

extern "C" __global__ void convert_f32_bf16(const float* x, bf16* y, long long n) { convert(x, y, n); }
extern "C" __global__ void convert_bf16_f32(const bf16* x, float* y, long long n) { convert(x, y, n); }
