// dQ on Hopper: a block holds 128 queries and their dQ (two warpgroups of 64 queries each) and goes through the tiles of 128 keys that
// they see:
//
//   S = Q K'     dP = dO V'     dQ += dS K
//
// Tiles of queries, their keys and their order are those of the forward kernel.
#pragma once
#include "attention_gradient.cuh"
#include "attention_work.cuh"
#include "attention_mask.cuh"
#include "hopper_tma.cuh"
#include "hopper_wgmma.cuh"

namespace annulus {

constexpr int DQ_QUERIES = 128;
constexpr int DQ_KEYS = 128;
constexpr int DQ_THREADS = 384;
constexpr int DQ_K_STAGES = 3;
constexpr int DQ_V_STAGES = 2;

// A tile of queries of one head and the keys it sees; no tile: the end.
struct QueryGradientItem {
  int tile;
  int head;
  TileKeys keys;
};

template <int D>
struct QueryGradientShared {
  static constexpr int QUERY_BYTES = DQ_QUERIES * D * 2;
  static constexpr int KEY_BYTES = DQ_KEYS * D * 2;

  unsigned char q[QUERY_BYTES];
  unsigned char dOut[QUERY_BYTES];
  unsigned char k[DQ_K_STAGES][KEY_BYTES];
  unsigned char v[DQ_V_STAGES][KEY_BYTES];
  uint64_t qFull, qEmpty, itemFull[2], itemEmpty[2];
  uint64_t kFull[DQ_K_STAGES], kEmpty[DQ_K_STAGES], vFull[DQ_V_STAGES], vEmpty[DQ_V_STAGES];
  QueryGradientItem items[2];
};

struct QueryGradientProblem {
  const int* from;
  const int* to;
  const TileKeys* tileKeys;  // of tiles of DQ_QUERIES queries
  WorkQueue work;
  int groupSize;
  int queries;
  float scale;
  int readsRunning;    // 0: first block, what stands in dQ is not read
  const float* lse;    // [heads, queries]
  const float* delta;  // [heads, queries]
  float* dQ;

  __device__ __forceinline__ static int tilesOf(const TileKeys& keys) {
    return keys.end > keys.begin ? (keys.end - keys.begin + DQ_KEYS - 1) / DQ_KEYS : 0;
  }
};

// The one thread that asks for copies.
template <int D>
__device__ __forceinline__ void queryGradientProduce(
    QueryGradientShared<D>& shared,
    const QueryGradientProblem& problem,
    const TensorMap* q,
    const TensorMap* k,
    const TensorMap* v,
    const TensorMap* dOut) {
  using Shared = QueryGradientShared<D>;
  RingPosition<2> slot;
  RingPosition<1> qSlot;
  RingPosition<DQ_K_STAGES> kSlot;
  RingPosition<DQ_V_STAGES> vSlot;
  while (true) {
    int number = problem.work.take();
    barrierWait(&shared.itemEmpty[slot.stage], slot.parity ^ 1);
    QueryGradientItem& item = shared.items[slot.stage];  // not copied: this thread has few registers
    item.tile = -1;
    if (number >= 0) {
      WorkItem work = problem.work.item(number);
      item.tile = work.tile;
      item.head = work.head;
      item.keys = problem.tileKeys[work.tile];
    }
    barrierArrive(&shared.itemFull[slot.stage]);
    slot.next();
    if (number < 0) {
      break;
    }
    int tiles = QueryGradientProblem::tilesOf(item.keys);
    int kvHead = item.head / problem.groupSize;
    int key = item.keys.end;
#pragma unroll 1
    for (int j = 0; j < tiles; j++) {
      key -= DQ_KEYS;
      barrierWait(&shared.kEmpty[kSlot.stage], kSlot.parity ^ 1);
      barrierArriveExpecting(&shared.kFull[kSlot.stage], Shared::KEY_BYTES);
      loadTile(shared.k[kSlot.stage], k, &shared.kFull[kSlot.stage], key, 0, kvHead);
      kSlot.next();
      if (j == 0) {  // the first keys are under way while the queries before are still in use
        barrierWait(&shared.qEmpty, qSlot.parity ^ 1);
        barrierArriveExpecting(&shared.qFull, 2 * Shared::QUERY_BYTES);
        loadTile(shared.q, q, &shared.qFull, item.tile * DQ_QUERIES, 0, item.head);
        loadTile(shared.dOut, dOut, &shared.qFull, item.tile * DQ_QUERIES, 0, item.head);
        qSlot.next();
      }
      barrierWait(&shared.vEmpty[vSlot.stage], vSlot.parity ^ 1);
      barrierArriveExpecting(&shared.vFull[vSlot.stage], Shared::KEY_BYTES);
      loadTile(shared.v[vSlot.stage], v, &shared.vFull[vSlot.stage], key, 0, kvHead);
      vSlot.next();
    }
  }
  problem.work.leave();
}

// result[64 queries x 128 keys] = queries keys', both with the head's elements along their rows.
template <int D>
__device__ __forceinline__ void queryKeyProducts(float (&result)[DQ_KEYS / 2], uint64_t queries, uint64_t keys) {
#pragma unroll
  for (int i = 0; i < D / 16; i++) {
    Product<DQ_KEYS, false>::shared(
        result,
        operandMoved(queries, i / 4 * DQ_QUERIES * 128 + i % 4 * 32),
        operandMoved(keys, i / 4 * DQ_KEYS * 128 + i % 4 * 32),
        i > 0);
  }
}

// dQ[64 x D] += dS k, dS in registers.
template <int D>
__device__ __forceinline__ void queryGradientProducts(
    float (&dQ)[D / 2], const uint32_t (&dS)[DQ_KEYS / 4], uint64_t k) {
#pragma unroll
  for (int i = 0; i < DQ_KEYS / 16; i++) {
    Product<D, true>::registers(
        dQ, dS[4 * i], dS[4 * i + 1], dS[4 * i + 2], dS[4 * i + 3], operandMoved(k, i * 16 * 128), 1);
  }
}

// Scores become P, those of keys that a row does not see 0, while dP is computed; then dS = P (dP - delta), in bf16.
template <int D>
__device__ __forceinline__ void queryGradientWeights(
    float (&scores)[DQ_KEYS / 2],
    uint32_t (&dS)[DQ_KEYS / 4],
    uint64_t dOut,
    uint64_t v,
    bool masked,
    int firstKey,
    const int (&from)[2],
    const int (&to)[2],
    const float (&lseLog2)[2],
    const float (&delta)[2],
    float scaleLog2) {
  float dP[DQ_KEYS / 2];
  productsBegin();
  queryKeyProducts<D>(dP, dOut, v);
  productsCommit();
  if (masked) {
    maskScores(scores, firstKey, from, to);
  }
#pragma unroll
  for (int i = 0; i < DQ_KEYS / 2; i++) {
    scores[i] = exp2Fast(fmaf(scores[i], scaleLog2, -lseLog2[i % 4 / 2]));
  }
  productsWait<0>();
  registersReady(dP);
#pragma unroll
  for (int i = 0; i < DQ_KEYS / 4; i++) {
    float shift = delta[i % 2];
    dS[i] = packBf16(scores[2 * i] * (dP[2 * i] - shift), scores[2 * i + 1] * (dP[2 * i + 1] - shift));
  }
}

template <int D>
__device__ __forceinline__ void queryGradientConsume(
    QueryGradientShared<D>& shared, const QueryGradientProblem& problem, int group) {
  const int lane = threadIdx.x % 32;
  const bool releases = lane == 0;
  const int warpRow = group * 64 + (threadIdx.x % 128) / 32 * 16 + lane / 4;
  const float scaleLog2 = problem.scale * LOG2_E;
  const uint64_t q = operandAt(sharedAddress(shared.q) + group * 64 * 128, 16);
  const uint64_t dOut = operandAt(sharedAddress(shared.dOut) + group * 64 * 128, 16);
  RingPosition<2> slot;
  RingPosition<1> qSlot;
  RingPosition<DQ_K_STAGES> kSlot;
  RingPosition<DQ_V_STAGES> vSlot;

  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    const QueryGradientItem item = shared.items[slot.stage];
    __syncwarp();
    if (releases) {
      barrierArrive(&shared.itemEmpty[slot.stage]);
    }
    slot.next();
    if (item.tile < 0) {
      break;
    }
    int tiles = QueryGradientProblem::tilesOf(item.keys);
    const int firstRow = item.tile * DQ_QUERIES + warpRow;
    if (tiles == 0) {
      if (!problem.readsRunning) {
        clearRows<D / 2>(problem.dQ + item.head * D, firstRow, problem.queries, problem.work.heads * D);
      }
      continue;
    }
    int from[2] = {0, 0}, to[2] = {0, 0};
    float lseLog2[2] = {-INFINITY, -INFINITY}, delta[2] = {0, 0};
#pragma unroll
    for (int r = 0; r < 2; r++) {
      int row = firstRow + 8 * r;
      if (row < problem.queries) {
        from[r] = problem.from[row];
        to[r] = problem.to[row];
        long at = static_cast<long>(item.head) * problem.queries + row;
        lseLog2[r] = problem.lse[at];
        delta[r] = problem.delta[at];
      }
    }
    float dQ[D / 2];
#pragma unroll
    for (int i = 0; i < D / 2; i++) {
      dQ[i] = 0;
    }
    float scores[DQ_KEYS / 2];
    barrierWait(&shared.qFull, qSlot.parity);
    barrierWait(&shared.kFull[kSlot.stage], kSlot.parity);
    productsBegin();
    queryKeyProducts<D>(scores, q, operandAt(sharedAddress(shared.k[kSlot.stage]), 16));
    productsCommit();
#pragma unroll
    for (int r = 0; r < 2; r++) {
      lseLog2[r] = lseLog2[r] == -INFINITY ? INFINITY : lseLog2[r] * LOG2_E;  // a row that saw nothing: P is 0
    }
    productsWait<0>();
    registersReady(scores);
    int firstKey = item.keys.end;

#pragma unroll 1
    while (true) {
      firstKey -= DQ_KEYS;
      uint32_t dS[DQ_KEYS / 4];
      barrierWait(&shared.vFull[vSlot.stage], vSlot.parity);
      queryGradientWeights<D>(
          scores, dS, dOut, operandAt(sharedAddress(shared.v[vSlot.stage]), 16),
          !item.keys.allSeen(firstKey, DQ_KEYS), firstKey, from, to, lseLog2, delta, scaleLog2);
      if (releases) {
        barrierArrive(&shared.vEmpty[vSlot.stage]);
        if (tiles == 1) {
          barrierArrive(&shared.qEmpty);  // the next queries come while the last dS is multiplied and dQ stored
        }
      }
      vSlot.next();
      productsBegin();
      queryGradientProducts<D>(dQ, dS, operandAt(sharedAddress(shared.k[kSlot.stage]), DQ_KEYS * 128));
      productsCommit();
      if (--tiles == 0) {
        break;
      }
      const int kStage = kSlot.stage;
      kSlot.next();
      barrierWait(&shared.kFull[kSlot.stage], kSlot.parity);
      productsBegin();
      queryKeyProducts<D>(scores, q, operandAt(sharedAddress(shared.k[kSlot.stage]), 16));
      productsCommit();
      productsWait<1>();
      registersReady(dQ);
      if (releases) {
        barrierArrive(&shared.kEmpty[kStage]);
      }
      productsWait<0>();
      registersReady(scores);
    }
    productsWait<0>();
    registersReady(dQ);
    if (releases) {
      barrierArrive(&shared.kEmpty[kSlot.stage]);
    }
    kSlot.next();
    qSlot.next();
    if (problem.readsRunning) {
      addRows(problem.dQ + item.head * D, dQ, problem.scale, firstRow, problem.queries, problem.work.heads * D);
    } else {
      putRows(problem.dQ + item.head * D, dQ, problem.scale, firstRow, problem.queries, problem.work.heads * D);
    }
  }
}

template <int D>
__device__ __forceinline__ void queryGradientBlock(
    const QueryGradientProblem& problem,
    const TensorMap* q,
    const TensorMap* k,
    const TensorMap* v,
    const TensorMap* dOut) {
  extern __shared__ __align__(1024) unsigned char sharedBytes[];
  QueryGradientShared<D>& shared = *reinterpret_cast<QueryGradientShared<D>*>(sharedBytes);
  constexpr int consumerWarps = 8;
  if (threadIdx.x == 0) {
    barrierInit(&shared.qFull, 1);
    barrierInit(&shared.qEmpty, consumerWarps);
    for (int i = 0; i < 2; i++) {
      barrierInit(&shared.itemFull[i], 1);
      barrierInit(&shared.itemEmpty[i], consumerWarps);
    }
    for (int i = 0; i < DQ_K_STAGES; i++) {
      barrierInit(&shared.kFull[i], 1);
      barrierInit(&shared.kEmpty[i], consumerWarps);
    }
    for (int i = 0; i < DQ_V_STAGES; i++) {
      barrierInit(&shared.vFull[i], 1);
      barrierInit(&shared.vEmpty[i], consumerWarps);
    }
    barrierInitDone();
    prefetchMap(q);
    prefetchMap(k);
    prefetchMap(v);
    prefetchMap(dOut);
  }
  __syncthreads();
  int warpgroup = __shfl_sync(0xffffffff, threadIdx.x / 128, 0);
  if (warpgroup == 0) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 24;");
    if (threadIdx.x == 0) {
      queryGradientProduce<D>(shared, problem, q, k, v, dOut);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
    queryGradientConsume<D>(shared, problem, warpgroup - 1);
  }
}

}  // namespace annulus
