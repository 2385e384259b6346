// targets: sm_80 ptx
// Attention backward for any GPU since Ampere, head dims 64 and 128, in two kernels (as on Hopper): one holds 64 keys and their dK, dV
// and goes through the queries that see them, one holds 64 queries and their dQ and goes through their keys. Four warps a block;
// blockIdx.x is the place in the order of tiles, blockIdx.y the head (of keys, of queries); docs/gpu-attention.md says the rest.
#include "attention_gradient.cuh"
#include "attention_mask.cuh"
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
  const __nv_bfloat16* dOut;
  int queries;
  int keys;
  int queryHeads;
  int groupSize;
  float scale;

  template <int D>
  __device__ __forceinline__ void copyQueries(uint32_t qTile, uint32_t dOutTile, int first, int head) const {
    long stride = static_cast<long>(queryHeads) * D;
    copyTile<D, ROWS, THREADS>(qTile, q + head * D, stride, first, queries);
    copyTile<D, ROWS, THREADS>(dOutTile, dOut + head * D, stride, first, queries);
  }

  template <int D>
  __device__ __forceinline__ void copyKeys(uint32_t kTile, uint32_t vTile, int first, int head) const {
    long stride = static_cast<long>(queryHeads / groupSize) * D;
    copyTile<D, ROWS, THREADS>(kTile, k + head * D, stride, first, keys);
    copyTile<D, ROWS, THREADS>(vTile, v + head * D, stride, first, keys);
  }
};

template <int D>
__device__ __forceinline__ void keyGradients(
    const Problem& p, const float* rows, const int2* seen, int2 range, int tile, int kvHead, float* dK, float* dV) {
  extern __shared__ __align__(128) unsigned char sharedBytes[];
  constexpr int COLUMNS = D == 128 ? 32 : 64;  // queries at a time: dK and dV leave few registers
  __shared__ float lseLog2[ROWS], delta[ROWS];
  __shared__ int2 visible[ROWS];
  constexpr uint32_t tileBytes = ROWS * D * 2;
  const uint32_t kTile = static_cast<uint32_t>(__cvta_generic_to_shared(sharedBytes));
  const uint32_t vTile = kTile + tileBytes, qTile = kTile + 2 * tileBytes, dOutTile = kTile + 3 * tileBytes;
  const int lane = threadIdx.x % 32;
  const int warpRow = threadIdx.x / 32 * 16;
  const int key = tile * ROWS + warpRow + lane / 4;
  const int queryTiles = (p.queries + ROWS - 1) / ROWS;
  float dk[D / 2], dv[D / 2];
#pragma unroll
  for (int i = 0; i < D / 2; i++) {
    dk[i] = 0;
    dv[i] = 0;
  }
  p.copyKeys<D>(kTile, vTile, tile * ROWS, kvHead);
  for (int head = kvHead * p.groupSize; head < (kvHead + 1) * p.groupSize; head++) {
    for (int m = range.x; m < range.y; m++) {
      p.copyQueries<D>(qTile, dOutTile, m * ROWS, head);
      copiesCommit();
      const float* source = rows + (static_cast<long>(head) * queryTiles + m) * 2 * ROWS;
      if (threadIdx.x < ROWS) {
        lseLog2[threadIdx.x] = source[threadIdx.x];
        visible[threadIdx.x] = seen[m * ROWS + threadIdx.x];
      } else {
        delta[threadIdx.x - ROWS] = source[threadIdx.x];
      }
      copiesWait<0>();
      __syncthreads();
#pragma unroll 1
      for (int first = 0; first < ROWS; first += COLUMNS) {
        const uint32_t qPart = qTile + first * D * 2, dOutPart = dOutTile + first * D * 2;
        float scores[COLUMNS / 2], dP[COLUMNS / 2];
        uint32_t weights[COLUMNS / 4];
        rowProducts<D, COLUMNS>(scores, kTile, warpRow, qPart);
#pragma unroll
        for (int i = 0; i < COLUMNS / 2; i++) {
          int column = first + i / 4 * 8 + lane % 4 * 2 + i % 2;
          int2 run = visible[column];
          int row = key + i % 4 / 2 * 8;
          float weight = exp2Fast(fmaf(scores[i], p.scale * LOG2_E, -lseLog2[column]));
          scores[i] = row >= run.x && row < run.y ? weight : 0;
        }
        packRows(scores, weights);
        weightProducts<D, COLUMNS>(dv, weights, dOutPart);
        rowProducts<D, COLUMNS>(dP, vTile, warpRow, dOutPart);
#pragma unroll
        for (int i = 0; i < COLUMNS / 2; i++) {
          scores[i] *= dP[i] - delta[first + i / 4 * 8 + lane % 4 * 2 + i % 2];
        }
        packRows(scores, weights);
        weightProducts<D, COLUMNS>(dk, weights, qPart);
      }
      __syncthreads();
    }
  }
  copiesWait<0>();
  int stride = p.queryHeads / p.groupSize * D;
  addRows(dK + kvHead * D, dk, p.scale, key, p.keys, stride);
  addRows(dV + kvHead * D, dv, 1.0f, key, p.keys, stride);
}

template <int D>
__device__ __forceinline__ void queryGradients(
    const Problem& p,
    const int* fromAll,
    const int* toAll,
    const TileKeys& seen,
    int tile,
    int head,
    const float* lse,
    const float* deltas,
    float* dQ) {
  extern __shared__ __align__(128) unsigned char sharedBytes[];
  constexpr uint32_t tileBytes = ROWS * D * 2;
  const uint32_t qTile = static_cast<uint32_t>(__cvta_generic_to_shared(sharedBytes));
  const uint32_t dOutTile = qTile + tileBytes, kTile = qTile + 2 * tileBytes, vTile = qTile + 3 * tileBytes;
  const int warpRow = threadIdx.x / 32 * 16;
  const int firstRow = tile * ROWS + warpRow + threadIdx.x % 32 / 4;
  int from[2] = {0, 0}, to[2] = {0, 0};
  float lseLog2[2] = {INFINITY, INFINITY}, delta[2] = {0, 0};
#pragma unroll
  for (int r = 0; r < 2; r++) {
    int row = firstRow + 8 * r;
    if (row < p.queries) {
      from[r] = fromAll[row];
      to[r] = toAll[row];
      long at = static_cast<long>(head) * p.queries + row;
      lseLog2[r] = lse[at] == -INFINITY ? INFINITY : lse[at] * LOG2_E;
      delta[r] = deltas[at];
    }
  }
  float dq[D / 2];
#pragma unroll
  for (int i = 0; i < D / 2; i++) {
    dq[i] = 0;
  }
  p.copyQueries<D>(qTile, dOutTile, tile * ROWS, head);
  for (int firstKey = seen.end - ROWS; firstKey > seen.begin - ROWS; firstKey -= ROWS) {
    p.copyKeys<D>(kTile, vTile, firstKey, head / p.groupSize);
    copiesCommit();
    copiesWait<0>();
    __syncthreads();
    float scores[ROWS / 2], dP[ROWS / 2];
    uint32_t weights[ROWS / 4];
    rowProducts<D, ROWS>(scores, qTile, warpRow, kTile);
    rowProducts<D, ROWS>(dP, dOutTile, warpRow, vTile);
    if (!seen.allSeen(firstKey, ROWS)) {
      maskScores(scores, firstKey, from, to);
    }
#pragma unroll
    for (int i = 0; i < ROWS / 2; i++) {
      scores[i] = exp2Fast(fmaf(scores[i], p.scale * LOG2_E, -lseLog2[i % 4 / 2])) * (dP[i] - delta[i % 4 / 2]);
    }
    packRows(scores, weights);
    weightProducts<D, ROWS>(dq, weights, kTile);
    __syncthreads();
  }
  copiesWait<0>();
  addRows(dQ + head * D, dq, p.scale, firstRow, p.queries, p.queryHeads * D);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128) attention_backward_dkv_portable_d64(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const __nv_bfloat16* dOut,
    const float* rows,
    const int* seen,
    const int* keyQueries,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    float* dK,
    float* dV) {
  int tile = order[blockIdx.x];
  int2 range = reinterpret_cast<const int2*>(keyQueries)[tile];
  if (range.y > range.x) {
    keyGradients<64>(
        {q, k, v, dOut, queries, keys, queryHeads, groupSize, scale},
        rows,
        reinterpret_cast<const int2*>(seen),
        range,
        tile,
        blockIdx.y,
        dK,
        dV);
  }
}

extern "C" __global__ void __launch_bounds__(128) attention_backward_dq_portable_d64(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const __nv_bfloat16* dOut,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    const float* lse,
    const float* delta,
    float* dQ) {
  int tile = order[blockIdx.x];
  TileKeys visible = reinterpret_cast<const TileKeys*>(tileKeys)[tile];
  if (visible.end > visible.begin) {
    queryGradients<64>(
        {q, k, v, dOut, queries, keys, queryHeads, groupSize, scale},
        from,
        to,
        visible,
        tile,
        blockIdx.y,
        lse,
        delta,
        dQ);
  }
}

extern "C" __global__ void __launch_bounds__(128) attention_backward_dkv_portable_d128(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const __nv_bfloat16* dOut,
    const float* rows,
    const int* seen,
    const int* keyQueries,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    float* dK,
    float* dV) {
  int tile = order[blockIdx.x];
  int2 range = reinterpret_cast<const int2*>(keyQueries)[tile];
  if (range.y > range.x) {
    keyGradients<128>(
        {q, k, v, dOut, queries, keys, queryHeads, groupSize, scale},
        rows,
        reinterpret_cast<const int2*>(seen),
        range,
        tile,
        blockIdx.y,
        dK,
        dV);
  }
}

extern "C" __global__ void __launch_bounds__(128) attention_backward_dq_portable_d128(
    const __nv_bfloat16* q,
    const __nv_bfloat16* k,
    const __nv_bfloat16* v,
    const __nv_bfloat16* dOut,
    const int* from,
    const int* to,
    const int* tileKeys,
    const int* order,
    int queries,
    int keys,
    int queryHeads,
    int groupSize,
    float scale,
    const float* lse,
    const float* delta,
    float* dQ) {
  int tile = order[blockIdx.x];
  TileKeys visible = reinterpret_cast<const TileKeys*>(tileKeys)[tile];
  if (visible.end > visible.begin) {
    queryGradients<128>(
        {q, k, v, dOut, queries, keys, queryHeads, groupSize, scale},
        from,
        to,
        visible,
        tile,
        blockIdx.y,
        lse,
        delta,
        dQ);
  }
}
