// targets: sm_90a
// dQ for Hopper, head dims 64 and 128; docs/gpu-attention.md says what the launcher must do.
#include "attention_hopper_backward_dq.cuh"

using namespace annulus;

extern "C" __global__ void __launch_bounds__(384, 1) attention_backward_dq_hopper_d64(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
    const __grid_constant__ TensorMap dOut,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int* counters,
    int queries,
    int queryHeads,
    int groupSize,
    int sectionHeads,
    float scale,
    int readsRunning,
    const float* lse,
    const float* delta,
    float* dQ) {
  queryGradientBlock<64>(
      {from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys),
       {order, (queries + DQ_QUERIES - 1) / DQ_QUERIES, queryHeads, sectionHeads, counters},
       groupSize,
       queries,
       scale,
       readsRunning,
       lse,
       delta,
       dQ},
      &q,
      &k,
      &v,
      &dOut);
}

extern "C" __global__ void __launch_bounds__(384, 1) attention_backward_dq_hopper_d128(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
    const __grid_constant__ TensorMap dOut,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int* counters,
    int queries,
    int queryHeads,
    int groupSize,
    int sectionHeads,
    float scale,
    int readsRunning,
    const float* lse,
    const float* delta,
    float* dQ) {
  queryGradientBlock<128>(
      {from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys),
       {order, (queries + DQ_QUERIES - 1) / DQ_QUERIES, queryHeads, sectionHeads, counters},
       groupSize,
       queries,
       scale,
       readsRunning,
       lse,
       delta,
       dQ},
      &q,
      &k,
      &v,
      &dOut);
}

// What a launcher asks for (docs/gpu-attention.md).
static_assert(sizeof(QueryGradientShared<64>) <= 115712 && sizeof(QueryGradientShared<128>) <= 230400);
