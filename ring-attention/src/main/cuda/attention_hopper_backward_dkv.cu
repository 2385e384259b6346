// dK and dV for Hopper, head dims 64 and 128; attention.md says what the launcher must do.
#include "attention_hopper_backward_dkv.cuh"

using namespace annulus;

#define ANNULUS_DKV(D)                                                                                                \
  extern "C" __global__ void __launch_bounds__(BACKWARD_THREADS, 1) attention_backward_dkv_hopper_d##D(               \
      const __grid_constant__ TensorMap q,                                                                            \
      const __grid_constant__ TensorMap k,                                                                            \
      const __grid_constant__ TensorMap v,                                                                            \
      const __grid_constant__ TensorMap dOut,                                                                         \
      const float* rows,                                                                                              \
      const int* seen,                                                                                                \
      const int* keyQueries,                                                                                          \
      const int* order,                                                                                               \
      int* counters,                                                                                                  \
      int queries,                                                                                                    \
      int keys,                                                                                                       \
      int kvHeads,                                                                                                    \
      int groupSize,                                                                                                  \
      int sectionHeads,                                                                                               \
      float scale,                                                                                                    \
      float* dK,                                                                                                      \
      float* dV) {                                                                                                    \
    KeyGradientProblem problem{                                                                                       \
        reinterpret_cast<const QueryRows*>(rows),                                                                     \
        reinterpret_cast<const int2*>(seen),                                                                          \
        reinterpret_cast<const int2*>(keyQueries),                                                                    \
        {order, (keys + BACKWARD_KEYS - 1) / BACKWARD_KEYS, kvHeads, sectionHeads, counters},                         \
        groupSize,                                                                                                    \
        (queries + BACKWARD_QUERIES - 1) / BACKWARD_QUERIES,                                                          \
        keys,                                                                                                         \
        kvHeads * D,                                                                                                  \
        scale,                                                                                                        \
        dK,                                                                                                           \
        dV};                                                                                                          \
    keyGradientBlock<D>(problem, &q, &k, &v, &dOut);                                                                  \
  }

ANNULUS_DKV(64)
ANNULUS_DKV(128)

// What a launcher asks for (attention.md).
static_assert(sizeof(KeyGradientShared<64>) <= 94208 && sizeof(KeyGradientShared<128>) <= 184320);
