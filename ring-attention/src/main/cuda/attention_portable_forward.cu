// targets: sm_80 ptx
// Attention forward for any GPU since Ampere, head dims 64 and 128: a block of four warps does 64 queries of a head, keys by 64 with the
// next ones on their way. blockIdx.x is the place in the order of tiles, blockIdx.y the head; docs/gpu-attention.md says the rest.
#include "attention_mask.cuh"
#include "attention_output.cuh"
#include "attention_work.cuh"
#include "portable_tile.cuh"

using namespace annulus;

namespace {

constexpr int ROWS = 64;
constexpr int THREADS = 128;

struct Problem {
  const __nv_bfloat16* q;
  const __nv_bfloat16* k;
  const __nv_bfloat16* v;
  const int* from;
  const int* to;
  TileKeys seen;
  int tile;
  int head;
  int keys;
  int queryHeads;
  int groupSize;
  float scale;
  AttentionOutput output;
};

template <int D>
__device__ __forceinline__ void forwardTile(const Problem& p) {
  extern __shared__ __align__(128) unsigned char sharedBytes[];
  const uint32_t qTile = static_cast<uint32_t>(__cvta_generic_to_shared(sharedBytes));
  constexpr uint32_t tileBytes = ROWS * D * 2;
  auto kTile = [&](int stage) { return qTile + (1 + 2 * stage) * tileBytes; };
  auto vTile = [&](int stage) { return qTile + (2 + 2 * stage) * tileBytes; };
  const int queries = p.output.queries;
  const int kvHead = p.head / p.groupSize;
  const long kvStride = static_cast<long>(p.queryHeads / p.groupSize) * D;
  const int tiles = p.seen.end > p.seen.begin ? (p.seen.end - p.seen.begin + ROWS - 1) / ROWS : 0;
  auto copyKeys = [&](int j) {
    int first = p.seen.end - (j + 1) * ROWS;
    copyTile<D, ROWS, THREADS>(kTile(j % 2), p.k + kvHead * D, kvStride, first, p.keys);
    copyTile<D, ROWS, THREADS>(vTile(j % 2), p.v + kvHead * D, kvStride, first, p.keys);
    copiesCommit();
  };
  const int warpRow = threadIdx.x / 32 * 16;
  const int firstRow = p.tile * ROWS + warpRow + threadIdx.x % 32 / 4;
  int from[2] = {0, 0}, to[2] = {0, 0};
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (firstRow + 8 * r < queries) {
      from[r] = p.from[firstRow + 8 * r];
      to[r] = p.to[firstRow + 8 * r];
    }
  }
  OnlineSoftmax softmax;
  float out[D / 2];
#pragma unroll
  for (int i = 0; i < D / 2; i++) {
    out[i] = 0;
  }
  if (tiles > 0) {
    copyTile<D, ROWS, THREADS>(
        qTile, p.q + p.head * D, static_cast<long>(p.queryHeads) * D, p.tile * ROWS, queries);
    copyKeys(0);
  }
  for (int j = 0; j < tiles; j++) {
    if (j + 1 < tiles) {
      copyKeys(j + 1);
      copiesWait<1>();
    } else {
      copiesWait<0>();
    }
    __syncthreads();
    float scores[ROWS / 2];
    uint32_t weights[ROWS / 4];
    float rescale[2];
    rowProducts<D, ROWS>(scores, qTile, warpRow, kTile(j % 2));
    int firstKey = p.seen.end - (j + 1) * ROWS;
    if (!p.seen.allSeen(firstKey, ROWS)) {
      maskScores(scores, firstKey, from, to);
    }
    softmax.step(scores, p.scale * LOG2_E, rescale);
#pragma unroll
    for (int i = 0; i < D / 2; i++) {
      out[i] *= rescale[i % 4 / 2];
    }
    packRows(scores, weights);
    weightProducts<D, ROWS>(out, weights, vTile(j % 2));
    __syncthreads();
  }
  p.output.writeRow<0>(out, firstRow, p.head, D, softmax.max[0], softmax.sum[0], p.scale);
  p.output.writeRow<1>(out, firstRow + 8, p.head, D, softmax.max[1], softmax.sum[1], p.scale);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128) attention_forward_portable_d64(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    int readsRunning,
    float* out,
    float* lse,
    __nv_bfloat16* outBf16) {
  int tile = order[blockIdx.x];
  forwardTile<64>(
      {q,
       k,
       v,
       from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys)[tile],
       tile,
       static_cast<int>(blockIdx.y),
       keys,
       queryHeads,
       groupSize,
       scale,
       {out, lse, outBf16, queries, queryHeads * 64, readsRunning}});
}

extern "C" __global__ void __launch_bounds__(128) attention_forward_portable_d128(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    int readsRunning,
    float* out,
    float* lse,
    __nv_bfloat16* outBf16) {
  int tile = order[blockIdx.x];
  forwardTile<128>(
      {q,
       k,
       v,
       from,
       to,
       reinterpret_cast<const TileKeys*>(tileKeys)[tile],
       tile,
       static_cast<int>(blockIdx.y),
       keys,
       queryHeads,
       groupSize,
       scale,
       {out, lse, outBf16, queries, queryHeads * 128, readsRunning}});
}
