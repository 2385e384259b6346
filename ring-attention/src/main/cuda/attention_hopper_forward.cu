// targets: sm_90a
// Attention forward for Hopper, head dims 64 and 128; docs/gpu-attention.md says what the launcher must do.
#include "attention_hopper_forward.cuh"

using namespace annulus;

extern "C" __global__ void __launch_bounds__(384, 1) attention_forward_hopper_d64(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
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
    float* out,
    float* lse,
    __nv_bfloat16* outBf16) {
  forwardBlock<64>(
      {from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys),
       {order, (queries + FORWARD_QUERIES - 1) / FORWARD_QUERIES, queryHeads, sectionHeads, counters},
       groupSize,
       scale,
       {out, lse, outBf16, queries, queryHeads * 64, readsRunning}},
      &q,
      &k,
      &v);
}

extern "C" __global__ void __launch_bounds__(384, 1) attention_forward_hopper_d128(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
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
    float* out,
    float* lse,
    __nv_bfloat16* outBf16) {
  forwardBlock<128>(
      {from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys),
       {order, (queries + FORWARD_QUERIES - 1) / FORWARD_QUERIES, queryHeads, sectionHeads, counters},
       groupSize,
       scale,
       {out, lse, outBf16, queries, queryHeads * 128, readsRunning}},
      &q,
      &k,
      &v);
}

// What a launcher asks for (docs/gpu-attention.md).
static_assert(sizeof(ForwardShared<64>) <= 99328 && sizeof(ForwardShared<128>) <= 197632);
