// Attention forward for Hopper, head dims 64 and 128; attention.md says what the launcher must do.
#include "attention_hopper_forward.cuh"

using namespace annulus;

#define ANNULUS_FORWARD(D)                                                                                            \
  extern "C" __global__ void __launch_bounds__(FORWARD_THREADS, 1) attention_forward_hopper_d##D(                     \
      const __grid_constant__ TensorMap q,                                                                            \
      const __grid_constant__ TensorMap k,                                                                            \
      const __grid_constant__ TensorMap v,                                                                            \
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
      int readsRunning,                                                                                               \
      float* out,                                                                                                     \
      float* lse,                                                                                                     \
      __nv_bfloat16* outBf16) {                                                                                       \
    int tiles = (queries + FORWARD_QUERIES - 1) / FORWARD_QUERIES;                                                    \
    ForwardProblem problem{                                                                                           \
        from,                                                                                                         \
        to,                                                                                                           \
        reinterpret_cast<const TileKeys*>(tileKeys),                                                                  \
        {order, tiles, queryHeads, sectionHeads, counters},                                                           \
        groupSize,                                                                                                    \
        scale,                                                                                                        \
        {out, lse, outBf16, queries, queryHeads * D, readsRunning}};                                                  \
    forwardBlock<D>(problem, &q, &k, &v);                                                                             \
  }

ANNULUS_FORWARD(64)
ANNULUS_FORWARD(128)

// What a launcher asks for (attention.md).
static_assert(sizeof(ForwardShared<64>) <= 99328 && sizeof(ForwardShared<128>) <= 197632);
