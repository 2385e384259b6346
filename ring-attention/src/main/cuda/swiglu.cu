// y = silu(gate) * up with silu(g) = g / (1 + exp(-g)), and its gradient.
#include "pack.cuh"

__device__ __forceinline__ float sigmoid(float g) { return 1.f / (1.f + expf(-g)); }

template <typename T>
__device__ void swiglu(const T* gate, const T* up, T* y, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(gate) && is_aligned(up) && is_aligned(y);
  float g[PACK], u[PACK];
  load_pack(gate, first, n, aligned, g);
  load_pack(up, first, n, aligned, u);
#pragma unroll
  for (int i = 0; i < PACK; i++) u[i] *= g[i] * sigmoid(g[i]);
  store_pack(y, first, n, aligned, u);
}

extern "C" __global__ void swiglu_f32(const float* gate, const float* up, float* y, long long n) { swiglu(gate, up, y, n); }
extern "C" __global__ void swiglu_bf16(const bf16* gate, const bf16* up, bf16* y, long long n) { swiglu(gate, up, y, n); }

// dGate = dy up s (1 + g (1 - s)) and dUp = dy g s with s = sigmoid(g). d_gate may be gate, d_up may be up.
template <typename T>
__device__ void swiglu_gradient(const T* dy, const T* gate, const T* up, T* d_gate, T* d_up, long long n) {
  long long first = first_of_thread();
  if (first >= n) return;
  bool aligned = is_aligned(dy) && is_aligned(gate) && is_aligned(up) && is_aligned(d_gate) && is_aligned(d_up);
  float d[PACK], g[PACK], u[PACK];
  load_pack(dy, first, n, aligned, d);
  load_pack(gate, first, n, aligned, g);
  load_pack(up, first, n, aligned, u);
#pragma unroll
  for (int i = 0; i < PACK; i++) {
    float s = sigmoid(g[i]);
    float of_gate = d[i] * u[i] * s * (1.f + g[i] * (1.f - s));
    u[i] = d[i] * g[i] * s;
    g[i] = of_gate;
  }
  store_pack(d_gate, first, n, aligned, g);
  store_pack(d_up, first, n, aligned, u);
}

extern "C" __global__ void swiglu_gradient_f32(
    const float* dy, const float* gate, const float* up, float* d_gate, float* d_up, long long n) {
  swiglu_gradient(dy, gate, up, d_gate, d_up, n);
}
extern "C" __global__ void swiglu_gradient_bf16(
    const bf16* dy, const bf16* gate, const bf16* up, bf16* d_gate, bf16* d_up, long long n) {
  swiglu_gradient(dy, gate, up, d_gate, d_up, n);
}
