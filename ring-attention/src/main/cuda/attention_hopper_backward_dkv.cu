// targets: sm_90a
// dK and dV for Hopper, head dims 64 and 128; docs/gpu-attention.md says what the launcher must do.
#include "attention_hopper_backward_dkv.cuh"

using namespace annulus;

extern "C" __global__ void __launch_bounds__(384, 1) attention_backward_dkv_hopper_d64(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
    const __grid_constant__ TensorMap dOut,
    const float* rows,
    const int* seen,
    const int* keyQueries,
    const int* order,
    int* counters,
    int queries,
    int keys,
    int kvHeads,
    int groupSize,
    int sectionHeads,
    float scale,
    int readsRunning,
    float* dK,
    float* dV) {
  keyGradientBlock<64>(
      {reinterpret_cast<const QueryRows*>(rows),
       reinterpret_cast<const int2*>(seen),
       reinterpret_cast<const int2*>(keyQueries),
       {order, (keys + BACKWARD_KEYS - 1) / BACKWARD_KEYS, kvHeads, sectionHeads, counters},
       groupSize,
       (queries + BACKWARD_QUERIES - 1) / BACKWARD_QUERIES,
       keys,
       kvHeads * 64,
       scale,
       readsRunning,
       dK,
       dV},
      &q,
      &k,
      &v,
      &dOut);
}

extern "C" __global__ void __launch_bounds__(384, 1) attention_backward_dkv_hopper_d128(
    const __grid_constant__ TensorMap q,
    const __grid_constant__ TensorMap k,
    const __grid_constant__ TensorMap v,
    const __grid_constant__ TensorMap dOut,
    const float* rows,
    const int* seen,
    const int* keyQueries,
    const int* order,
    int* counters,
    int queries,
    int keys,
    int kvHeads,
    int groupSize,
    int sectionHeads,
    float scale,
    int readsRunning,
    float* dK,
    float* dV) {
  keyGradientBlock<128>(
      {reinterpret_cast<const QueryRows*>(rows),
       reinterpret_cast<const int2*>(seen),
       reinterpret_cast<const int2*>(keyQueries),
       {order, (keys + BACKWARD_KEYS - 1) / BACKWARD_KEYS, kvHeads, sectionHeads, counters},
       groupSize,
       (queries + BACKWARD_QUERIES - 1) / BACKWARD_QUERIES,
       keys,
       kvHeads * 128,
       scale,
       readsRunning,
       dK,
       dV},
      &q,
      &k,
      &v,
      &dOut);
}

// What a launcher asks for (docs/gpu-attention.md).
static_assert(sizeof(KeyGradientShared<64>) <= 94208 && sizeof(KeyGradientShared<128>) <= 184320);
