// dK and dV on Hopper: a block holds 128 keys and their dK, dV (in registers, two warpgroups of 64 keys each) and goes through the
// tiles of 64 queries that see them, of all heads of the group. Products have keys as rows, so that P' and dS' go from
// accumulators to the next product without touching memory:
//
//   S' = K Q'     dP' = V dO'     dV += P' dO     dK += dS' Q
//
// dQ is a kernel of its own (attention_hopper_backward_dq.cuh) that computes S and dP again: two products of seven done twice, but
// adding dQ up from all blocks of keys costs more (the additions in L2 take longer than all five products), needs a copy of dQ in
// tiles, and has no fixed order.
#pragma once
#include "attention_gradient.cuh"
#include "attention_work.cuh"
#include "hopper_tma.cuh"
#include "hopper_wgmma.cuh"

namespace annulus {

constexpr int BACKWARD_QUERIES = 64;
constexpr int BACKWARD_KEYS = 128;
constexpr int BACKWARD_THREADS = 384;
constexpr int BACKWARD_Q_STAGES = 4;
constexpr int BACKWARD_DO_STAGES = 3;

// Of a tile of queries of one head, from attention_backward_rows.
struct QueryRows {
  float lseLog2[BACKWARD_QUERIES];  // LSE in base 2; infinity for rows that saw nothing: their P is 0
  float delta[BACKWARD_QUERIES];
};

// A tile of keys and the tiles of queries it meets; no tile: the end.
struct KeyGradientItem {
  int tile;
  int head;  // of keys
  int2 queryTiles;
};

template <int D>
struct KeyGradientShared {
  static constexpr int KEY_BYTES = BACKWARD_KEYS * D * 2;
  static constexpr int QUERY_BYTES = BACKWARD_QUERIES * D * 2;

  unsigned char k[KEY_BYTES];
  unsigned char v[KEY_BYTES];
  unsigned char q[BACKWARD_Q_STAGES][QUERY_BYTES];
  unsigned char dOut[BACKWARD_DO_STAGES][QUERY_BYTES];
  int2 seen[BACKWARD_Q_STAGES][BACKWARD_QUERIES];
  QueryRows rows[BACKWARD_DO_STAGES];
  uint64_t kFull, kEmpty, vFull, vEmpty;
  uint64_t itemFull[2], itemEmpty[2];
  uint64_t qFull[BACKWARD_Q_STAGES], qEmpty[BACKWARD_Q_STAGES];
  uint64_t dOutFull[BACKWARD_DO_STAGES], dOutEmpty[BACKWARD_DO_STAGES];
  KeyGradientItem items[2];
};

struct KeyGradientProblem {
  const QueryRows* rows;     // [queryHeads, queryTiles]
  const int2* seen;          // [queryTiles * BACKWARD_QUERIES] (from, to)
  const int2* keyQueries;    // of tiles of BACKWARD_KEYS keys: tiles of queries [x, y) that see some of them
  WorkQueue work;            // heads: those of keys
  int groupSize;
  int queryTiles;
  int keys;
  int kvColumns;
  float scale;
  int readsRunning;          // 0: first block, what stands in dK and dV is not read
  float* dK;
  float* dV;
};

// The thread that hands out items; those that nobody sees are left out, unless they must be cleared.
template <int D>
__device__ __forceinline__ void keyGradientDispatch(KeyGradientShared<D>& shared, const KeyGradientProblem& problem) {
  RingPosition<2> slot;
  KeyGradientItem item;
  do {
    int number = problem.work.take();
    item.tile = -1;
    if (number >= 0) {
      WorkItem work = problem.work.item(number);
      item = {work.tile, work.head, problem.keyQueries[work.tile]};
      if (item.queryTiles.y <= item.queryTiles.x && problem.readsRunning) {
        continue;
      }
    }
    barrierWait(&shared.itemEmpty[slot.stage], slot.parity ^ 1);
    shared.items[slot.stage] = item;
    barrierArrive(&shared.itemFull[slot.stage]);
    slot.next();
  } while (item.tile >= 0);
  problem.work.leave();
}

// The thread that asks for keys and queries.
template <int D>
__device__ __forceinline__ void keyGradientProduceQueries(
    KeyGradientShared<D>& shared, const KeyGradientProblem& problem, const TensorMap* q, const TensorMap* k) {
  using Shared = KeyGradientShared<D>;
  RingPosition<2> slot;
  RingPosition<1> kSlot;
  RingPosition<BACKWARD_Q_STAGES> qSlot;
  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    KeyGradientItem item = shared.items[slot.stage];
    barrierArrive(&shared.itemEmpty[slot.stage]);
    slot.next();
    if (item.tile < 0) {
      break;
    }
    int2 range = item.queryTiles;
    if (range.y <= range.x) {
      continue;
    }
    barrierWait(&shared.kEmpty, kSlot.parity ^ 1);
    barrierArriveExpecting(&shared.kFull, Shared::KEY_BYTES);
    loadTile(shared.k, k, &shared.kFull, item.tile * BACKWARD_KEYS, 0, item.head);
    kSlot.next();
    for (int h = 0; h < problem.groupSize; h++) {
      int head = item.head * problem.groupSize + h;
      // from the last queries down: blocks that work side by side then read the same tiles at about the same time
#pragma unroll 1
      for (int m = range.y - 1; m >= range.x; m--) {
        int query = m * BACKWARD_QUERIES;
        uint64_t* full = &shared.qFull[qSlot.stage];
        barrierWait(&shared.qEmpty[qSlot.stage], qSlot.parity ^ 1);
        // Runs are asked for before the arrival: then tools that know arrivals, and no bytes, see the order too.
        loadRun(shared.seen[qSlot.stage], problem.seen + query, BACKWARD_QUERIES * 8, full);
        barrierArriveExpecting(full, Shared::QUERY_BYTES + BACKWARD_QUERIES * 8);
        loadTile(shared.q[qSlot.stage], q, full, query, 0, head);
        qSlot.next();
      }
    }
  }
}

// The thread that asks for values and dO.
template <int D>
__device__ __forceinline__ void keyGradientProduceGradients(
    KeyGradientShared<D>& shared, const KeyGradientProblem& problem, const TensorMap* v, const TensorMap* dOut) {
  using Shared = KeyGradientShared<D>;
  RingPosition<2> slot;
  RingPosition<1> vSlot;
  RingPosition<BACKWARD_DO_STAGES> dOutSlot;
  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    KeyGradientItem item = shared.items[slot.stage];
    barrierArrive(&shared.itemEmpty[slot.stage]);
    slot.next();
    if (item.tile < 0) {
      break;
    }
    int2 range = item.queryTiles;
    if (range.y <= range.x) {
      continue;
    }
    barrierWait(&shared.vEmpty, vSlot.parity ^ 1);
    barrierArriveExpecting(&shared.vFull, Shared::KEY_BYTES);
    loadTile(shared.v, v, &shared.vFull, item.tile * BACKWARD_KEYS, 0, item.head);
    vSlot.next();
    for (int h = 0; h < problem.groupSize; h++) {
      int head = item.head * problem.groupSize + h;
#pragma unroll 1
      for (int m = range.y - 1; m >= range.x; m--) {
        uint64_t* full = &shared.dOutFull[dOutSlot.stage];
        barrierWait(&shared.dOutEmpty[dOutSlot.stage], dOutSlot.parity ^ 1);
        loadRun(
            &shared.rows[dOutSlot.stage],
            problem.rows + static_cast<long>(head) * problem.queryTiles + m,
            sizeof(QueryRows),
            full);
        barrierArriveExpecting(full, Shared::QUERY_BYTES + sizeof(QueryRows));
        loadTile(shared.dOut[dOutSlot.stage], dOut, full, m * BACKWARD_QUERIES, 0, head);
        dOutSlot.next();
      }
    }
  }
}

// result[64 keys x 64 queries] = keys queries', both with the head's elements along their rows.
template <int D>
__device__ __forceinline__ void keyQueryProducts(float (&result)[32], uint64_t keys, uint64_t queries) {
#pragma unroll
  for (int i = 0; i < D / 16; i++) {
    Product<BACKWARD_QUERIES, false>::shared(
        result,
        operandMoved(keys, i / 4 * BACKWARD_KEYS * 128 + i % 4 * 32),
        operandMoved(queries, i / 4 * BACKWARD_QUERIES * 128 + i % 4 * 32),
        i > 0);
  }
}

// result[64 keys x D] += weights[64 keys x 64 queries] rows[64 queries x D], weights in registers.
template <int D>
__device__ __forceinline__ void keyGradientProducts(float (&result)[D / 2], const uint32_t (&weights)[16], uint64_t rows) {
#pragma unroll
  for (int i = 0; i < BACKWARD_QUERIES / 16; i++) {
    Product<D, true>::registers(
        result,
        weights[4 * i],
        weights[4 * i + 1],
        weights[4 * i + 2],
        weights[4 * i + 3],
        operandMoved(rows, i * 16 * 128),
        1);
  }
}

template <int D>
__device__ __forceinline__ void keyGradientConsume(KeyGradientShared<D>& shared, const KeyGradientProblem& problem, int group) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x % 128 / 32;
  const bool releases = lane == 0;
  const float scaleLog2 = problem.scale * LOG2_E;

  const uint64_t kRows = operandAt(sharedAddress(shared.k) + group * 64 * 128, 16);
  const uint64_t vRows = operandAt(sharedAddress(shared.v) + group * 64 * 128, 16);
  uint32_t itemsDone = 0;
  uint32_t keysParity = 0;
  RingPosition<BACKWARD_Q_STAGES> qSlot;
  RingPosition<BACKWARD_DO_STAGES> dOutSlot;

  while (true) {
    const uint32_t itemStage = itemsDone % 2;
    barrierWait(&shared.itemFull[itemStage], itemsDone / 2 % 2);
    if (shared.items[itemStage].tile < 0) {
      break;
    }
    const int2 range = shared.items[itemStage].queryTiles;
    const int key = shared.items[itemStage].tile * BACKWARD_KEYS + group * 64 + warp * 16 + lane / 4;
    if (range.y <= range.x) {
      const int column = shared.items[itemStage].head * D;
      __syncwarp();
      if (releases) {
        barrierArrive(&shared.itemEmpty[itemStage]);
      }
      itemsDone++;
      clearRows<D / 2>(problem.dK + column, key, problem.keys, problem.kvColumns);
      clearRows<D / 2>(problem.dV + column, key, problem.keys, problem.kvColumns);
      continue;
    }
    float dK[D / 2], dV[D / 2];
#pragma unroll
    for (int i = 0; i < D / 2; i++) {
      dK[i] = 0;
      dV[i] = 0;
    }
    float scores[32];
    int steps = (range.y - range.x) * problem.groupSize;  // left
    barrierWait(&shared.kFull, keysParity);
    barrierWait(&shared.qFull[qSlot.stage], qSlot.parity);
    productsBegin();
    keyQueryProducts<D>(scores, kRows, operandAt(sharedAddress(shared.q[qSlot.stage]), 16));
    productsCommit();
    productsWait<0>();
    registersReady(scores);
    barrierWait(&shared.vFull, keysParity);
    keysParity ^= 1;

#pragma unroll 1
    while (true) {
      float dP[32];
      barrierWait(&shared.dOutFull[dOutSlot.stage], dOutSlot.parity);
      productsBegin();
      keyQueryProducts<D>(dP, vRows, operandAt(sharedAddress(shared.dOut[dOutSlot.stage]), 16));
      productsCommit();

      const float* lse = shared.rows[dOutSlot.stage].lseLog2 + 2 * (lane % 4);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        float2 shift = *reinterpret_cast<const float2*>(lse + 8 * j);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          scores[4 * j + i] = exp2Fast(fmaf(scores[4 * j + i], scaleLog2, i % 2 == 0 ? -shift.x : -shift.y));
        }
      }
      // 64 keys against 64 queries, of which each lane looks at two
      int4 two = reinterpret_cast<const int4*>(shared.seen[qSlot.stage])[lane];
      const int firstKey = key - lane / 4 - warp * 16;
      if (!__all_sync(
              0xffffffff, max(two.x, two.z) <= firstKey && min(two.y, two.w) >= firstKey + 64)) {
        const int2* seen = shared.seen[qSlot.stage] + 2 * (lane % 4);
#pragma unroll
        for (int j = 0; j < 8; j++) {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            int2 keys = seen[8 * j + i];
            if (key < keys.x || key >= keys.y) {
              scores[4 * j + i] = 0;
            }
            if (key + 8 < keys.x || key + 8 >= keys.y) {
              scores[4 * j + i + 2] = 0;
            }
          }
        }
      }
      uint32_t p[16];
      packRows(scores, p);
      productsBegin();
      keyGradientProducts<D>(
          dV, p, operandAt(sharedAddress(shared.dOut[dOutSlot.stage]), BACKWARD_QUERIES * 128));
      productsCommit();
      productsWait<1>();
      registersReady(dP);
      if (releases && steps == 1) {  // the next keys come while the last products are done and stored
        barrierArrive(&shared.kEmpty);
        barrierArrive(&shared.vEmpty);
      }

      uint32_t dS[16];
      const float* delta = shared.rows[dOutSlot.stage].delta + 2 * (lane % 4);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        float2 shift = *reinterpret_cast<const float2*>(delta + 8 * j);
        dS[2 * j] = packBf16(scores[4 * j] * (dP[4 * j] - shift.x), scores[4 * j + 1] * (dP[4 * j + 1] - shift.y));
        dS[2 * j + 1] =
            packBf16(scores[4 * j + 2] * (dP[4 * j + 2] - shift.x), scores[4 * j + 3] * (dP[4 * j + 3] - shift.y));
      }
      productsBegin();
      keyGradientProducts<D>(dK, dS, operandAt(sharedAddress(shared.q[qSlot.stage]), BACKWARD_QUERIES * 128));
      productsCommit();
      productsWait<1>();  // dV
      registersReady(dV);
      barrierArrive(&shared.dOutEmpty[dOutSlot.stage]);  // every lane for itself: each has read `rows`
      dOutSlot.next();
      if (--steps == 0) {
        break;
      }
      const int qStage = qSlot.stage;
      qSlot.next();
      barrierWait(&shared.qFull[qSlot.stage], qSlot.parity);
      productsBegin();
      keyQueryProducts<D>(scores, kRows, operandAt(sharedAddress(shared.q[qSlot.stage]), 16));
      productsCommit();
      productsWait<1>();  // dK
      registersReady(dK);
      barrierArrive(&shared.qEmpty[qStage]);  // as above, for `seen`
      productsWait<0>();  // scores of the next step
      registersReady(scores);
    }
    productsWait<0>();
    registersReady(dK);
    barrierArrive(&shared.qEmpty[qSlot.stage]);
    qSlot.next();
    const int head = shared.items[itemStage].head;
    __syncwarp();
    if (releases) {
      barrierArrive(&shared.itemEmpty[itemStage]);
    }
    itemsDone++;
    if (problem.readsRunning) {
      addRows(problem.dK + head * D, dK, problem.scale, key, problem.keys, problem.kvColumns);
      addRows(problem.dV + head * D, dV, 1.0f, key, problem.keys, problem.kvColumns);
    } else {
      putRows(problem.dK + head * D, dK, problem.scale, key, problem.keys, problem.kvColumns);
      putRows(problem.dV + head * D, dV, 1.0f, key, problem.keys, problem.kvColumns);
    }
  }
}

template <int D>
__device__ __forceinline__ void keyGradientBlock(
    const KeyGradientProblem& problem,
    const TensorMap* q,
    const TensorMap* k,
    const TensorMap* v,
    const TensorMap* dOut) {
  extern __shared__ __align__(1024) unsigned char sharedBytes[];
  KeyGradientShared<D>& shared = *reinterpret_cast<KeyGradientShared<D>*>(sharedBytes);
  constexpr int consumerWarps = 8;
  if (threadIdx.x == 0) {
    barrierInit(&shared.kFull, 1);
    barrierInit(&shared.kEmpty, consumerWarps);
    barrierInit(&shared.vFull, 1);
    barrierInit(&shared.vEmpty, consumerWarps);
    for (int i = 0; i < 2; i++) {
      barrierInit(&shared.itemFull[i], 1);
      barrierInit(&shared.itemEmpty[i], consumerWarps + 2);
    }
    for (int i = 0; i < BACKWARD_Q_STAGES; i++) {
      barrierInit(&shared.qFull[i], 1);
      barrierInit(&shared.qEmpty[i], consumerWarps * 32);
    }
    for (int i = 0; i < BACKWARD_DO_STAGES; i++) {
      barrierInit(&shared.dOutFull[i], 1);
      barrierInit(&shared.dOutEmpty[i], consumerWarps * 32);
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
    if (threadIdx.x == 64) {
      keyGradientDispatch<D>(shared, problem);
    } else if (threadIdx.x == 0) {
      keyGradientProduceQueries<D>(shared, problem, q, k);
    } else if (threadIdx.x == 32) {
      keyGradientProduceGradients<D>(shared, problem, v, dOut);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
    keyGradientConsume<D>(shared, problem, warpgroup - 1);
  }
}

}  // namespace annulus
