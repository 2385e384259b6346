// Eight elements at a time: one 16-byte access of bf16, two of fp32. Arithmetic is fp32 whatever elements are stored in.
#pragma once
#include <cuda_bf16.h>
#include <stdint.h>

typedef __nv_bfloat16 bf16;

constexpr int PACK = 8;

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(bf16 x) { return __bfloat162float(x); }
__device__ __forceinline__ void store_one(float* p, float value) { *p = value; }
__device__ __forceinline__ void store_one(bf16* p, float value) { *p = __float2bfloat16_rn(value); }

// Eight elements at an address that is a multiple of 16.
__device__ __forceinline__ void load8(const float* p, float (&v)[PACK]) {
  float4 low = *reinterpret_cast<const float4*>(p);
  float4 high = *reinterpret_cast<const float4*>(p + 4);
  v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
  v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
}

__device__ __forceinline__ void load8(const bf16* p, float (&v)[PACK]) {
  uint4 bits = *reinterpret_cast<const uint4*>(p);
  // A bf16 is the upper half of an fp32.
  v[0] = __uint_as_float(bits.x << 16), v[1] = __uint_as_float(bits.x & 0xffff0000u);
  v[2] = __uint_as_float(bits.y << 16), v[3] = __uint_as_float(bits.y & 0xffff0000u);
  v[4] = __uint_as_float(bits.z << 16), v[5] = __uint_as_float(bits.z & 0xffff0000u);
  v[6] = __uint_as_float(bits.w << 16), v[7] = __uint_as_float(bits.w & 0xffff0000u);
}

__device__ __forceinline__ void store8(float* p, const float (&v)[PACK]) {
  *reinterpret_cast<float4*>(p) = make_float4(v[0], v[1], v[2], v[3]);
  *reinterpret_cast<float4*>(p + 4) = make_float4(v[4], v[5], v[6], v[7]);
}

__device__ __forceinline__ uint32_t bf16_pair(float low, float high) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<uint32_t*>(&pair);
}

__device__ __forceinline__ void store8(bf16* p, const float (&v)[PACK]) {
  *reinterpret_cast<uint4*>(p) = make_uint4(
      bf16_pair(v[0], v[1]), bf16_pair(v[2], v[3]), bf16_pair(v[4], v[5]), bf16_pair(v[6], v[7]));
}

__device__ __forceinline__ bool is_aligned(const void* p) { return (reinterpret_cast<uintptr_t>(p) & 15) == 0; }

// Elements first .. first + 8 of n; those beyond n are 0. Wide if the array's start and the pack allow it.
template <typename T>
__device__ __forceinline__ void load_pack(const T* p, long long first, long long n, bool aligned, float (&v)[PACK]) {
  if (aligned && first + PACK <= n) {
    load8(p + first, v);
    return;
  }
#pragma unroll
  for (int i = 0; i < PACK; i++) v[i] = first + i < n ? to_float(p[first + i]) : 0.f;
}

template <typename T>
__device__ __forceinline__ void store_pack(T* p, long long first, long long n, bool aligned, const float (&v)[PACK]) {
  if (aligned && first + PACK <= n) {
    store8(p + first, v);
    return;
  }
#pragma unroll
  for (int i = 0; i < PACK; i++)
    if (first + i < n) store_one(p + first + i, v[i]);
}

// The first element of this thread's pack, in a grid of one pack a thread.
__device__ __forceinline__ long long first_of_thread() {
  return (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) * PACK;
}
