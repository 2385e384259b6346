// y = keep x + factor z, z standard normal: element i is a function of (key, i). Only operations that IEEE 754 rounds one way, written
// out so that none is fused that is not meant to be, in the order of CpuNormal.java: the bits are those of the CPU.
#include <stdint.h>

// Threefry-2x32-20: counter in, random bits out.
__device__ __forceinline__ void threefry(uint32_t k0, uint32_t k1, uint32_t& x0, uint32_t& x1) {
  const uint32_t keys[3] = {k0, k1, 0x1BD11BDAu ^ k0 ^ k1};
  const int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  x0 += k0;
  x1 += k1;
#pragma unroll
  for (int round = 0; round < 20; round++) {
    x0 += x1;
    x1 = __funnelshift_l(x1, x1, rotations[round % 8]) ^ x0;
    if (round % 4 == 3) {
      int injection = round / 4 + 1;
      x0 += keys[injection % 3];
      x1 += keys[(injection + 1) % 3] + injection;
    }
  }
}

// sqrt(-2 ln u), u of the upper 24 bits, in (0, 1]; ln m = 2 artanh((m - 1) / (m + 1)), m from sqrt(1/2) to its double.
__device__ __forceinline__ float radius(uint32_t bits) {
  float u = __fmul_rn(static_cast<float>((bits >> 8) + 1), 0x1p-24f);
  int of_u = __float_as_int(u);
  int exponent = (of_u - 0x3f3504f3) >> 23;
  float m = __int_as_float(of_u - (exponent << 23));
  float s = __fdiv_rn(__fsub_rn(m, 1.f), __fadd_rn(m, 1.f));
  float q = __fmul_rn(s, s);
  float series = __fmaf_rn(q, 1.f / 9, 1.f / 7);
  series = __fmaf_rn(q, series, 1.f / 5);
  series = __fmaf_rn(q, series, 1.f / 3);
  series = __fmaf_rn(q, series, 1.f);
  float half = __fmul_rn(s, series);
  float logarithm = __fmaf_rn(static_cast<float>(exponent), 0.693147180559945f, __fadd_rn(half, half));
  return __fsqrt_rn(__fmul_rn(logarithm, -2.f));
}

// Thread p makes the elements of counter p: the cosine's in the first half of a block of 32, the sine's in the second.
extern "C" __global__ void __launch_bounds__(256) add_normal(
    const float* x, float keep, float factor, long long key, float* y, long long n) {
  long long p = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  long long first = (p / 16) * 32 + p % 16;
  if (first >= n) return;
  uint32_t x0 = static_cast<uint32_t>(p), x1 = static_cast<uint32_t>(p >> 32);
  threefry(static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), x0, x1);
  float r = radius(x0);
  int turn = static_cast<int>(x1 >> 8);
  int quarter = (turn + (1 << 21)) >> 22;
  float angle = __fmul_rn(static_cast<float>(turn - (quarter << 22)), static_cast<float>(6.283185307179586 * 0x1p-24));
  float square = __fmul_rn(angle, angle);
  float cosine = __fmaf_rn(square, -1.f / 3628800, 1.f / 40320);
  cosine = __fmaf_rn(square, cosine, -1.f / 720);
  cosine = __fmaf_rn(square, cosine, 1.f / 24);
  cosine = __fmaf_rn(square, cosine, -1.f / 2);
  cosine = __fmaf_rn(square, cosine, 1.f);
  float sine = __fmaf_rn(square, 1.f / 362880, -1.f / 5040);
  sine = __fmaf_rn(square, sine, 1.f / 120);
  sine = __fmaf_rn(square, sine, -1.f / 6);
  sine = __fmaf_rn(__fmul_rn(angle, square), sine, angle);
  // cos: c, -s, -c, s by quarters; sin: s, c, -s, -c.
  float z0 = quarter & 1 ? sine : cosine;
  float z1 = quarter & 1 ? cosine : sine;
  if ((quarter + 1) & 2) z0 = -z0;
  if (quarter & 2) z1 = -z1;
  y[first] = __fmaf_rn(factor, __fmul_rn(r, z0), __fmul_rn(x[first], keep));
  long long second = first + 16;
  if (second < n) y[second] = __fmaf_rn(factor, __fmul_rn(r, z1), __fmul_rn(x[second], keep));
}
