// Attention backward for Hopper, head dims 64 and 128; attention.md says what the launcher must do. The deterministic ones add to
// dQ in the order of the table, the others as they come.
#include "attention_hopper_backward.cuh"

using namespace annulus;

#define ANNULUS_BACKWARD(NAME, D, DETERMINISTIC)                                                                      \
  extern "C" __global__ void __launch_bounds__(BACKWARD_THREADS, 1) NAME(                                             \
      const __grid_constant__ TensorMap q,                                                                            \
      const __grid_constant__ TensorMap k,                                                                            \
      const __grid_constant__ TensorMap v,                                                                            \
      const __grid_constant__ TensorMap dOut,                                                                         \
      const float* rows,                                                                                              \
      const int* seen,                                                                                                \
      const int* keyQueries,                                                                                          \
      const int* order,                                                                                               \
      int* counters,                                                                                                  \
      const int* firstTurn,                                                                                           \
      int* turns,                                                                                                     \
      int queries,                                                                                                    \
      int keys,                                                                                                       \
      int kvHeads,                                                                                                    \
      int groupSize,                                                                                                  \
      int sectionHeads,                                                                                               \
      float scale,                                                                                                    \
      float* dK,                                                                                                      \
      float* dV,                                                                                                      \
      float* dQTiles) {                                                                                               \
    BackwardProblem problem{                                                                                          \
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
        dV,                                                                                                           \
        firstTurn,                                                                                                    \
        turns};                                                                                                       \
    backwardBlock<D, DETERMINISTIC>(problem, &q, &k, &v, &dOut, dQTiles);                                             \
  }

ANNULUS_BACKWARD(attention_backward_hopper_d64, 64, false)
ANNULUS_BACKWARD(attention_backward_hopper_d128, 128, false)
ANNULUS_BACKWARD(attention_backward_hopper_d64_ordered, 64, true)
ANNULUS_BACKWARD(attention_backward_hopper_d128_ordered, 128, true)

// What a launcher asks for (attention.md).
static_assert(sizeof(BackwardShared<64>) <= 126976 && sizeof(BackwardShared<128>) <= 223232);
