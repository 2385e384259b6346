// Attention backward on Hopper: a block holds 128 keys and their dK, dV (in registers, two warpgroups of 64 keys each) and goes
// through the tiles of 64 queries that see them, of all heads of the group. Products have keys as rows, so that P' and dS' go from
// accumulators to the next product without touching memory:
//
//   S' = K Q'     dP' = V dO'     dV += P' dO     dK += dS' Q     dQ += dS K (dS through shared memory, halves of D apart)
//
// One warpgroup brings tiles by the copy engine; dQ tiles leave by the engine's adding store.
#pragma once
#include "attention_softmax.cuh"
#include "attention_work.cuh"
#include "hopper_tma.cuh"
#include "hopper_wgmma.cuh"

namespace annulus {

constexpr int BACKWARD_QUERIES = 64;
constexpr int BACKWARD_KEYS = 128;
constexpr int BACKWARD_THREADS = 384;
constexpr int BACKWARD_Q_STAGES = 3;
constexpr int BACKWARD_DO_STAGES = 2;  // as dS has

// Of a tile of queries of one head, from attention_backward_rows.
struct QueryRows {
  float lseLog2[BACKWARD_QUERIES];  // LSE in base 2; infinity for rows that saw nothing: their P is 0
  float delta[BACKWARD_QUERIES];
};

// A tile of keys and the tiles of queries it meets; no tile: the end.
struct BackwardItem {
  int place;
  int tile;
  int head;  // of keys
  int2 queryTiles;
};

template <int D>
struct BackwardShared {
  static constexpr int KEY_BYTES = BACKWARD_KEYS * D * 2;
  static constexpr int QUERY_BYTES = BACKWARD_QUERIES * D * 2;

  unsigned char k[KEY_BYTES];
  unsigned char v[KEY_BYTES];
  unsigned char q[BACKWARD_Q_STAGES][QUERY_BYTES];
  unsigned char dOut[BACKWARD_DO_STAGES][QUERY_BYTES];
  unsigned char dS[2][BACKWARD_KEYS * BACKWARD_QUERIES * 2];  // [64 keys][query][128 bytes], swizzled
  float4 dQ[2][BACKWARD_QUERIES * D / 8];                     // of each warpgroup, in the order of its accumulators
  int2 seen[BACKWARD_Q_STAGES][BACKWARD_QUERIES];
  QueryRows rows[BACKWARD_DO_STAGES];
  uint64_t kFull, kEmpty, vFull, vEmpty;
  uint64_t itemFull[2], itemEmpty[2];
  uint64_t qFull[BACKWARD_Q_STAGES], qEmpty[BACKWARD_Q_STAGES];
  uint64_t dOutFull[BACKWARD_DO_STAGES], dOutEmpty[BACKWARD_DO_STAGES];
  uint64_t dQFull[2], dQEmpty[2];  // of each warpgroup
  BackwardItem items[2];
};

struct BackwardProblem {
  const QueryRows* rows;     // [queryHeads, queryTiles]
  const int2* seen;          // [queryTiles * BACKWARD_QUERIES] (from, to)
  const int2* keyQueries;    // of tiles of BACKWARD_KEYS keys: tiles of queries [x, y) that see some of them
  WorkQueue work;            // heads: those of keys
  int groupSize;
  int queryTiles;
  int keys;
  int kvColumns;
  float scale;
  float* dK;
  float* dV;
  // deterministic: order of additions to dQ
  const int* firstTurn;      // [query tiles] place in the order of the first tile of keys that adds to it
  int* turns;                // [queryHeads, query tiles] additions done, 0 before a launch
};

// The thread that hands out items; those that nobody sees are left out.
template <int D>
__device__ __forceinline__ void backwardDispatch(BackwardShared<D>& shared, const BackwardProblem& problem) {
  RingPosition<2> slot;
  BackwardItem item;
  do {
    int number = problem.work.take();
    item.tile = -1;
    if (number >= 0) {
      WorkItem work = problem.work.item(number);
      item = {work.place, work.tile, work.head, problem.keyQueries[work.tile]};
      if (item.queryTiles.y <= item.queryTiles.x) {
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
__device__ __forceinline__ void backwardProduceQueries(
    BackwardShared<D>& shared, const BackwardProblem& problem, const TensorMap* q, const TensorMap* k) {
  using Shared = BackwardShared<D>;
  RingPosition<2> slot;
  RingPosition<1> kSlot;
  RingPosition<BACKWARD_Q_STAGES> qSlot;
  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    BackwardItem item = shared.items[slot.stage];
    barrierArrive(&shared.itemEmpty[slot.stage]);
    slot.next();
    if (item.tile < 0) {
      break;
    }
    int2 range = item.queryTiles;
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
        barrierArriveExpecting(full, Shared::QUERY_BYTES + BACKWARD_QUERIES * 8);
        loadTile(shared.q[qSlot.stage], q, full, query, 0, head);
        loadRun(shared.seen[qSlot.stage], problem.seen + query, BACKWARD_QUERIES * 8, full);
        qSlot.next();
      }
    }
  }
}

// The thread that asks for values and dO.
template <int D>
__device__ __forceinline__ void backwardProduceGradients(
    BackwardShared<D>& shared, const BackwardProblem& problem, const TensorMap* v, const TensorMap* dOut) {
  using Shared = BackwardShared<D>;
  RingPosition<2> slot;
  RingPosition<1> vSlot;
  RingPosition<BACKWARD_DO_STAGES> dOutSlot;
  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    BackwardItem item = shared.items[slot.stage];
    barrierArrive(&shared.itemEmpty[slot.stage]);
    slot.next();
    if (item.tile < 0) {
      break;
    }
    int2 range = item.queryTiles;
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
        barrierArriveExpecting(full, Shared::QUERY_BYTES + sizeof(QueryRows));
        loadTile(shared.dOut[dOutSlot.stage], dOut, full, m * BACKWARD_QUERIES, 0, head);
        loadRun(
            &shared.rows[dOutSlot.stage],
            problem.rows + static_cast<long>(head) * problem.queryTiles + m,
            sizeof(QueryRows),
            full);
        dOutSlot.next();
      }
    }
  }
}

// Waits until `turn` tiles of keys have added to a tile of dQ.
__device__ __forceinline__ void awaitTurn(const int* turns, int turn) {
  int done;
  do {
    asm volatile("ld.acquire.gpu.global.b32 %0, [%1];" : "=r"(done) : "l"(turns) : "memory");
  } while (done < turn);
}

__device__ __forceinline__ void announceTurn(int* turns) {
  __threadfence();
  asm volatile("red.release.gpu.global.add.s32 [%0], 1;" ::"l"(turns) : "memory");
}

// The thread that adds finished tiles to dQ; DETERMINISTIC: after the tiles of keys that come before this one in the order. Those
// were taken before this one, so somebody is working on them.
template <int D, bool DETERMINISTIC>
__device__ __forceinline__ void backwardStore(
    BackwardShared<D>& shared, const BackwardProblem& problem, float* dQTiles) {
  RingPosition<2> slot;
  RingPosition<1> dQSlot;
  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    const volatile BackwardItem& item = shared.items[slot.stage];  // read where it is used: registers are few
    if (item.tile < 0) {
      break;
    }
    int head = item.head * problem.groupSize;
#pragma unroll 1
    for (int h = problem.groupSize; h > 0; h--, head++) {
#pragma unroll 1
      for (int m = item.queryTiles.y - 1; m >= item.queryTiles.x; m--) {
        if (DETERMINISTIC) {
          awaitTurn(problem.turns + head * problem.queryTiles + m, item.place - problem.firstTurn[m]);
        }
#pragma unroll 1
        for (int group = 0; group < 2; group++) {
          barrierWait(&shared.dQFull[group], dQSlot.parity);
          reduceRun(
              dQTiles + (static_cast<long>(head * problem.queryTiles + m) * 2 + group) * (BACKWARD_QUERIES * D / 2),
              shared.dQ[group],
              sizeof(shared.dQ[group]));
          reduceCommit();
        }
        reduceWaitRead();
        barrierArrive(&shared.dQEmpty[0]);
        barrierArrive(&shared.dQEmpty[1]);
        dQSlot.next();
        if (DETERMINISTIC) {
          reduceWaitDone();
          announceTurn(problem.turns + head * problem.queryTiles + m);
        }
      }
    }
    barrierArrive(&shared.itemEmpty[slot.stage]);
    slot.next();
  }
  reduceWaitDone();
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

// result[64 queries x D / 2] = dS[64 queries x 128 keys] k[128 keys x D / 2].
template <int D>
__device__ __forceinline__ void queryGradientProducts(float (&result)[D / 4], uint64_t dS, uint64_t k) {
#pragma unroll
  for (int i = 0; i < BACKWARD_KEYS / 16; i++) {
    Product<D / 2, true>::shared(
        result, operandMoved(dS, i / 4 * BACKWARD_QUERIES * 128 + i % 4 * 32), operandMoved(k, i * 16 * 128), i > 0);
  }
}

// This warpgroup's dS' (fragments) into shared memory as rows of queries: stmatrix writes 8 x 8 tiles transposed.
__device__ __forceinline__ void storeScoreGradients(unsigned char* dS, const uint32_t (&fragments)[16], int warp, int lane) {
#pragma unroll
  for (int i = 0; i < BACKWARD_QUERIES / 16; i++) {
    int query = 16 * i + lane / 16 * 8 + lane % 8;
    int piece = 2 * warp + lane / 8 % 2;
    uint32_t address = sharedAddress(dS) + query * 128 + ((piece ^ (query % 8)) * 16);
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
                 "r"(fragments[4 * i]),
                 "r"(fragments[4 * i + 1]),
                 "r"(fragments[4 * i + 2]),
                 "r"(fragments[4 * i + 3])
                 : "memory");
  }
}

// dQ accumulators into this warpgroup's buffer for the adding store: of each thread four in a row, then those of the next thread.
template <int D>
__device__ __forceinline__ void storeQueryGradients(float4* dQ, const float (&values)[D / 4]) {
#pragma unroll
  for (int i = 0; i < D / 16; i++) {
    dQ[128 * i + threadIdx.x % 128] = make_float4(values[4 * i], values[4 * i + 1], values[4 * i + 2], values[4 * i + 3]);
  }
}

// Adds a row pair's gradients to global memory; nobody else adds to them in this launch.
template <int D>
__device__ __forceinline__ void addKeyGradients(
    float* gradient, const float (&values)[D / 2], float factor, const BackwardProblem& problem, int row, int head, int lane) {
#pragma unroll
  for (int r = 0; r < 2; r++) {
    if (row + 8 * r < problem.keys) {
      float* at = gradient + static_cast<long>(row + 8 * r) * problem.kvColumns + head * D + 2 * (lane % 4);
#pragma unroll
      for (int j = 0; j < D / 8; j++) {
        asm volatile("red.global.add.v2.f32 [%0], {%1, %2};" ::"l"(at + 8 * j),
                     "f"(values[4 * j + 2 * r] * factor),
                     "f"(values[4 * j + 2 * r + 1] * factor)
                     : "memory");
      }
    }
  }
}

template <int D>
__device__ __forceinline__ void backwardConsume(BackwardShared<D>& shared, const BackwardProblem& problem, int group) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x % 128 / 32;
  const bool releases = lane == 0;
  const float scaleLog2 = problem.scale * LOG2_E;
  const int bothGroups = 1;
  constexpr int chunkBytes = BACKWARD_KEYS * 128;

  const uint64_t kRows = operandAt(sharedAddress(shared.k) + group * 64 * 128, 16);
  const uint64_t vRows = operandAt(sharedAddress(shared.v) + group * 64 * 128, 16);
  // columns of k that are this warpgroup's of dQ: a chunk of its own at D 128, half a chunk at D 64
  const uint64_t kColumns = operandAt(sharedAddress(shared.k) + group * (D == 128 ? chunkBytes : D), chunkBytes);

  uint32_t itemsDone = 0;
  uint32_t stepsDone = 0;  // gives the places in the rings of two, few registers are left
  RingPosition<BACKWARD_Q_STAGES> qSlot;

  while (true) {
    const uint32_t itemStage = itemsDone % 2;
    barrierWait(&shared.itemFull[itemStage], itemsDone / 2 % 2);
    if (shared.items[itemStage].tile < 0) {
      break;
    }
    float dK[D / 2], dV[D / 2];
#pragma unroll
    for (int i = 0; i < D / 2; i++) {
      dK[i] = 0;
      dV[i] = 0;
    }
    float scores[32];
    const int2 range = shared.items[itemStage].queryTiles;
    int steps = (range.y - range.x) * problem.groupSize;  // left
    const int key = shared.items[itemStage].tile * BACKWARD_KEYS + group * 64 + warp * 16 + lane / 4;
    barrierWait(&shared.kFull, itemsDone % 2);
    barrierWait(&shared.qFull[qSlot.stage], qSlot.parity);
    productsBegin();
    keyQueryProducts<D>(scores, kRows, operandAt(sharedAddress(shared.q[qSlot.stage]), 16));
    productsCommit();
    productsWait<0>();
    registersReady(scores);
    barrierWait(&shared.vFull, itemsDone % 2);

#pragma unroll 1
    while (steps > 0) {
      const uint32_t stage = stepsDone % 2;
      float dP[32];
      barrierWait(&shared.dOutFull[stage], stepsDone / 2 % 2);
      productsBegin();
      keyQueryProducts<D>(dP, vRows, operandAt(sharedAddress(shared.dOut[stage]), 16));
      productsCommit();

      const float* lse = shared.rows[stage].lseLog2 + 2 * (lane % 4);
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
          dV, p, operandAt(sharedAddress(shared.dOut[stage]), BACKWARD_QUERIES * 128));
      productsCommit();
      productsWait<1>();
      registersReady(dP);

      uint32_t dS[16];
      const float* delta = shared.rows[stage].delta + 2 * (lane % 4);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        float2 shift = *reinterpret_cast<const float2*>(delta + 8 * j);
        dS[2 * j] = packBf16(scores[4 * j] * (dP[4 * j] - shift.x), scores[4 * j + 1] * (dP[4 * j + 1] - shift.y));
        dS[2 * j + 1] =
            packBf16(scores[4 * j + 2] * (dP[4 * j + 2] - shift.x), scores[4 * j + 3] * (dP[4 * j + 3] - shift.y));
      }
      storeScoreGradients(shared.dS[stage] + group * BACKWARD_QUERIES * 128, dS, warp, lane);
      fenceSharedForEngines();
      productsBegin();
      keyGradientProducts<D>(dK, dS, operandAt(sharedAddress(shared.q[qSlot.stage]), BACKWARD_QUERIES * 128));
      productsCommit();
      productsWait<1>();  // dV
      registersReady(dV);
      if (releases) {
        barrierArrive(&shared.dOutEmpty[stage]);
      }

      namedSync(bothGroups, 256);
      float dQ[D / 4];
      productsBegin();
      queryGradientProducts<D>(dQ, operandAt(sharedAddress(shared.dS[stage]), 16), kColumns);
      productsCommit();
      stepsDone++;
      productsWait<1>();  // dK
      registersReady(dK);
      if (releases) {
        barrierArrive(&shared.qEmpty[qSlot.stage]);
      }
      qSlot.next();
      if (--steps > 0) {
        barrierWait(&shared.qFull[qSlot.stage], qSlot.parity);
      }
      // after the last step: of a tile that is not used, so that the loop has no branch around products
      productsBegin();
      keyQueryProducts<D>(scores, kRows, operandAt(sharedAddress(shared.q[qSlot.stage]), 16));
      productsCommit();
#ifdef DIRECT
      productsWait<1>();  // dQ
      registersReady(dQ);
      float4* target = reinterpret_cast<float4*>(problem.dQTiles) + (static_cast<long>(head * problem.queryTiles + m) * 2 + group) * (BACKWARD_QUERIES * D / 8) + threadIdx.x % 128;
#pragma unroll
      for (int i = 0; i < D / 16; i++) {
        asm volatile("red.global.add.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(target + 128 * i), "f"(dQ[4 * i]), "f"(dQ[4 * i + 1]), "f"(dQ[4 * i + 2]), "f"(dQ[4 * i + 3]) : "memory");
      }
#else
      barrierWait(&shared.dQEmpty[group], (stepsDone & 1));
      productsWait<1>();  // dQ
      registersReady(dQ);
      storeQueryGradients<D>(shared.dQ[group], dQ);
      fenceSharedForEngines();
      __syncwarp();
      if (releases) {
        barrierArrive(&shared.dQFull[group]);
      }
#endif
      productsWait<0>();  // scores of the next step
      registersReady(scores);
    }
    productsWait<0>();
    registersReady(scores);
    if (releases) {
      barrierArrive(&shared.kEmpty);
      barrierArrive(&shared.vEmpty);
    }
    const int head = shared.items[itemStage].head;
    __syncwarp();
    if (releases) {
      barrierArrive(&shared.itemEmpty[itemStage]);
    }
    itemsDone++;
    addKeyGradients<D>(problem.dK, dK, problem.scale, problem, key, head, lane);
    addKeyGradients<D>(problem.dV, dV, 1.0f, problem, key, head, lane);
  }
}

template <int D, bool DETERMINISTIC>
__device__ __forceinline__ void backwardBlock(
    const BackwardProblem& problem,
    const TensorMap* q,
    const TensorMap* k,
    const TensorMap* v,
    const TensorMap* dOut,
    float* dQTiles) {
  extern __shared__ __align__(1024) unsigned char sharedBytes[];
  BackwardShared<D>& shared = *reinterpret_cast<BackwardShared<D>*>(sharedBytes);
  constexpr int consumerWarps = 8;
  if (threadIdx.x == 0) {
    barrierInit(&shared.kFull, 1);
    barrierInit(&shared.kEmpty, consumerWarps);
    barrierInit(&shared.vFull, 1);
    barrierInit(&shared.vEmpty, consumerWarps);
    for (int i = 0; i < 2; i++) {
      barrierInit(&shared.itemFull[i], 1);
      barrierInit(&shared.itemEmpty[i], consumerWarps + 3);
    }
    for (int i = 0; i < BACKWARD_Q_STAGES; i++) {
      barrierInit(&shared.qFull[i], 1);
      barrierInit(&shared.qEmpty[i], consumerWarps);
    }
    for (int i = 0; i < BACKWARD_DO_STAGES; i++) {
      barrierInit(&shared.dOutFull[i], 1);
      barrierInit(&shared.dOutEmpty[i], consumerWarps);
    }
    for (int i = 0; i < 2; i++) {
      barrierInit(&shared.dQFull[i], consumerWarps / 2);
      barrierInit(&shared.dQEmpty[i], 1);
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
      backwardDispatch<D>(shared, problem);
    } else if (threadIdx.x == 0) {
      backwardProduceQueries<D>(shared, problem, q, k);
    } else if (threadIdx.x == 32) {
      backwardProduceGradients<D>(shared, problem, v, dOut);
    } else if (threadIdx.x == 96) {
      backwardStore<D, DETERMINISTIC>(shared, problem, dQTiles);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
    backwardConsume<D>(shared, problem, warpgroup - 1);
  }
}

}  // namespace annulus
