// dQ for Hopper, head dims 64 and 128; attention.md says what the launcher must do.
#include "attention_hopper_backward_dq.cuh"

using namespace annulus;

#define ANNULUS_DQ(D)                                                                                                 \
  extern "C" __global__ void __launch_bounds__(DQ_THREADS, 1) attention_backward_dq_hopper_d##D(                      \
      const __grid_constant__ TensorMap q,                                                                            \
      const __grid_constant__ TensorMap k,                                                                            \
      const __grid_constant__ TensorMap v,                                                                            \
      const __grid_constant__ TensorMap dOut,                                                                         \
      const int* from,                                                                                                \
      const int* to,                                                                                                  \
      const int* tileKeys,                                                                                            \
      const int* order,                                                                                               \
      int* counters,                                                                                                  \
      int queries,                                                                                                    \
      int queryHeads,                                                                                                 \
      int groupSize,                                                                                                  \
      int sectionHeads,                                                                                               \
      float scale,                                                                                                    \
      const float* lse,                                                                                               \
      const float* delta,                                                                                             \
      float* dQ) {                                                                                                    \
    QueryGradientProblem problem{                                                                                     \
        from,                                                                                                         \
        to,                                                                                                           \
        reinterpret_cast<const TileKeys*>(tileKeys),                                                                  \
        {order, (queries + DQ_QUERIES - 1) / DQ_QUERIES, queryHeads, sectionHeads, counters},                         \
        groupSize,                                                                                                    \
        queries,                                                                                                      \
        scale,                                                                                                        \
        lse,                                                                                                          \
        delta,                                                                                                        \
        dQ};                                                                                                          \
    queryGradientBlock<D>(problem, &q, &k, &v, &dOut);                                                                \
  }

ANNULUS_DQ(64)
ANNULUS_DQ(128)

// What a launcher asks for (attention.md).
static_assert(sizeof(QueryGradientShared<64>) <= 115712 && sizeof(QueryGradientShared<128>) <= 230400);
