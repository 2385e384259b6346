// Rotary embedding, half-split: (x_i, x_{i + half}) becomes (x_i c - x_{i + half} s, x_{i + half} c + x_i s), and the table of
// its angles.
#include "pack.cuh"

// x, y [tokens, heads * 2 * half], which may be the same; cos, sin [tokens, half]. One pack of pairs a thread.
template <typename From, typename To>
__device__ void rotary(
    const From* x, To* y, const float* cos, const float* sin, long long tokens, int heads, int half, int inverse) {
  int packs = (half + PACK - 1) / PACK;
  long long index = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  long long token = index / (static_cast<long long>(heads) * packs);
  if (token >= tokens) return;
  int i = index % packs * PACK;
  long long low = index / packs * 2 * half;
  const float* c_row = cos + token * half;
  const float* s_row = sin + token * half;
  bool aligned = half % PACK == 0 && is_aligned(x) && is_aligned(y) && is_aligned(cos) && is_aligned(sin);
  float a[PACK], b[PACK], c[PACK], s[PACK];
  load_pack(x + low, i, half, aligned, a);
  load_pack(x + low + half, i, half, aligned, b);
  load_pack(c_row, i, half, aligned, c);
  load_pack(s_row, i, half, aligned, s);
#pragma unroll
  for (int k = 0; k < PACK; k++) {
    float turn = inverse ? -s[k] : s[k];
    float first = a[k] * c[k] - b[k] * turn;
    b[k] = b[k] * c[k] + a[k] * turn;
    a[k] = first;
  }
  store_pack(y + low, i, half, aligned, a);
  store_pack(y + low + half, i, half, aligned, b);
}

extern "C" __global__ void rotary_f32(
    const float* x, float* y, const float* cos, const float* sin, long long tokens, int heads, int half, int inverse) {
  rotary(x, y, cos, sin, tokens, heads, half, inverse);
}
extern "C" __global__ void rotary_bf16(
    const bf16* x, bf16* y, const float* cos, const float* sin, long long tokens, int heads, int half, int inverse) {
  rotary(x, y, cos, sin, tokens, heads, half, inverse);
}
// The gradient comes from attention in fp32 and goes on in bf16.
extern "C" __global__ void rotary_f32_bf16(
    const float* x, bf16* y, const float* cos, const float* sin, long long tokens, int heads, int half, int inverse) {
  rotary(x, y, cos, sin, tokens, heads, half, inverse);
}

// Angle of token t and pair i: positions[t] * frequencies[rows[t]][i], rounded to fp32 as the host does. Turned into turns in
// double, so that large angles lose nothing.
extern "C" __global__ void rotary_angles(
    const int* positions, const float* frequencies, const int* rows, float magnitude, float* cos, float* sin, long long tokens,
    int half) {
  long long index = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index >= tokens * half) return;
  long long token = index / half;
  float frequency = frequencies[static_cast<long long>(rows[token]) * half + index % half];
  float angle = static_cast<float>(positions[token]) * frequency;
  double half_turns = static_cast<double>(angle) * 0.31830988618379067154;
  double rest = half_turns - 2.0 * rint(half_turns * 0.5);
  float c, s;
  sincospif(static_cast<float>(rest), &s, &c);
  cos[index] = c * magnitude;
  sin[index] = s * magnitude;
}
