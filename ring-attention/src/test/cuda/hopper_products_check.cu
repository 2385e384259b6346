// The products of the Hopper attention kernels one by one, on one tile of 128 keys and one of 64 or 128 queries, head dim 128.
#include "../../main/cuda/attention_hopper_backward.cuh"
#include "../../main/cuda/attention_hopper_forward.cuh"

using namespace annulus;

constexpr int D = 128;

template <int N>
__device__ void writeTile(float* target, const float (&values)[N], int firstRow) {
  int row = firstRow + threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4;
  for (int i = 0; i < N; i++) {
    target[(row + i % 4 / 2 * 8) * (N * 2) + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2] = values[i];
  }
}

struct ProductsShared {
  unsigned char q128[128 * D * 2], q64[64 * D * 2], k[128 * D * 2], dS[128 * 64 * 2], dQ[64 * D * 2];
  uint64_t full;
};

// scores [128, 128] = q k'; values [128, D] = scores k; turned [128, 64] = k q64'; gradient [128, D] = turned q64;
// dQ [64, D] += turned' k, each with its left side rounded to bf16.
extern "C" __global__ void __launch_bounds__(128) hopper_products_check(
    const __grid_constant__ TensorMap q128,
    const __grid_constant__ TensorMap q64,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap dQ,
    float* scores,
    float* values,
    float* turned,
    float* gradient) {
  extern __shared__ __align__(1024) unsigned char sharedBytes[];
  ProductsShared& shared = *reinterpret_cast<ProductsShared*>(sharedBytes);
  if (threadIdx.x == 0) {
    barrierInit(&shared.full, 1);
    barrierInitDone();
    barrierArriveExpecting(&shared.full, sizeof(shared.q128) + sizeof(shared.q64) + sizeof(shared.k));
    loadTile(shared.q128, &q128, &shared.full, 0, 0, 0);
    loadTile(shared.q64, &q64, &shared.full, 0, 0, 0);
    loadTile(shared.k, &k, &shared.full, 0, 0, 0);
  }
  __syncthreads();
  barrierWait(&shared.full, 0);
  uint64_t keyRows = operandAt(sharedAddress(shared.k), 16);
  for (int group = 0; group < 2; group++) {
    float s[64];
    productsBegin();
    scoreProducts<D>(s, operandAt(sharedAddress(shared.q128) + group * 64 * 128, 16), keyRows);
    productsCommit();
    productsWait<0>();
    registersReady(s);
    writeTile(scores, s, group * 64);
    uint32_t p[32];
    packRows(s, p);
    float o[64];
    for (int i = 0; i < 64; i++) {
      o[i] = 0;
    }
    productsBegin();
    valueProducts<D>(o, p, operandAt(sharedAddress(shared.k), 128 * 128));
    productsCommit();
    productsWait<0>();
    registersReady(o);
    writeTile(values, o, group * 64);
    float t[32];
    productsBegin();
    keyQueryProducts<D>(
        t, operandAt(sharedAddress(shared.k) + group * 64 * 128, 16), operandAt(sharedAddress(shared.q64), 16));
    productsCommit();
    productsWait<0>();
    registersReady(t);
    writeTile(turned, t, group * 64);
    uint32_t w[16];
    packRows(t, w);
    for (int i = 0; i < 64; i++) {
      o[i] = 0;
    }
    productsBegin();
    keyGradientProducts<D>(o, w, operandAt(sharedAddress(shared.q64), 64 * 128));
    productsCommit();
    productsWait<0>();
    registersReady(o);
    writeTile(gradient, o, group * 64);
    storeScoreGradients(shared.dS + group * 64 * 128, w, threadIdx.x / 32, threadIdx.x % 32);
  }
  fenceSharedForEngines();
  __syncthreads();
  for (int group = 0; group < 2; group++) {
    float dq[32];
    productsBegin();
    queryGradientProducts<D>(
        dq, operandAt(sharedAddress(shared.dS), 16), operandAt(sharedAddress(shared.k) + group * 128 * 128, 16));
    productsCommit();
    productsWait<0>();
    registersReady(dq);
    storeQueryGradients<D>(shared.dQ, dq, 1.0f, threadIdx.x / 32, threadIdx.x % 32);
    fenceSharedForEngines();
    __syncthreads();
    if (threadIdx.x == 0) {
      reduceTile(&dQ, shared.dQ, 0, group * 2, 0);
      reduceCommit();
      reduceWaitDone();
    }
    __syncthreads();
  }
}
