// Attention forward on Hopper (FlashAttention-3, 2407.08608): one warpgroup brings tiles by the copy engine, two warpgroups of 64 queries
// each multiply. The softmax of one tile runs beside the products of the next: within a warpgroup (scores of tile j + 1 are
// multiplied while tile j's values are) and between the two, who take turns in giving products to the tensor cores.
//
// Shared memory, bytes for head dim D: queries 2 x 256 D, keys and values 2 x 256 D each.
#pragma once
#include "attention_output.cuh"
#include "attention_work.cuh"
#include "attention_mask.cuh"
#include "hopper_tma.cuh"
#include "hopper_wgmma.cuh"

namespace annulus {

#ifndef ANNULUS_TAKE_TURNS
#define ANNULUS_TAKE_TURNS 1
#endif

constexpr int FORWARD_QUERIES = 128;
constexpr int FORWARD_KEYS = 128;
constexpr int FORWARD_THREADS = 384;
constexpr int FORWARD_STAGES = 2;

template <int D>
struct ForwardShared {
  static constexpr int QUERY_BYTES = FORWARD_QUERIES * D * 2;
  static constexpr int KEY_BYTES = FORWARD_KEYS * D * 2;

  unsigned char q[2][QUERY_BYTES];
  unsigned char k[FORWARD_STAGES][KEY_BYTES];
  unsigned char v[FORWARD_STAGES][KEY_BYTES];
  uint64_t qFull[2], qEmpty[2], itemFull[2], itemEmpty[2];
  uint64_t kFull[FORWARD_STAGES], kEmpty[FORWARD_STAGES], vFull[FORWARD_STAGES], vEmpty[FORWARD_STAGES];
  int items[2];
};

struct ForwardProblem {
  const int* from;
  const int* to;
  const TileKeys* tileKeys;  // of tiles of FORWARD_QUERIES queries
  WorkQueue work;
  int groupSize;
  float scale;
  AttentionOutput output;

  __device__ __forceinline__ static int tilesOf(const TileKeys& keys) {
    return keys.end > keys.begin ? (keys.end - keys.begin + FORWARD_KEYS - 1) / FORWARD_KEYS : 0;
  }
};

// The one thread that asks for copies.
template <int D>
__device__ __forceinline__ void forwardProduce(
    ForwardShared<D>& shared, const ForwardProblem& problem, const TensorMap* q, const TensorMap* k, const TensorMap* v) {
  RingPosition<2> slot, qSlot;
  RingPosition<FORWARD_STAGES> kSlot, vSlot;
  while (true) {
    int number = problem.work.take();
    barrierWait(&shared.itemEmpty[slot.stage], slot.parity ^ 1);
    shared.items[slot.stage] = number;
    barrierArrive(&shared.itemFull[slot.stage]);
    slot.next();
    if (number < 0) {
      break;
    }
    WorkItem item = problem.work.item(number);
    TileKeys keys = problem.tileKeys[item.tile];
    int tiles = ForwardProblem::tilesOf(keys);
    if (tiles == 0) {
      continue;
    }
    int kvHead = item.head / problem.groupSize;
    barrierWait(&shared.qEmpty[qSlot.stage], qSlot.parity ^ 1);
    barrierArriveExpecting(&shared.qFull[qSlot.stage], ForwardShared<D>::QUERY_BYTES);
    loadTile(shared.q[qSlot.stage], q, &shared.qFull[qSlot.stage], item.tile * FORWARD_QUERIES, 0, item.head);
    qSlot.next();
    // from the last keys down; values one tile behind the keys, as they are used
#pragma unroll 1
    for (int j = 0; j <= tiles; j++) {
      if (j < tiles) {
        barrierWait(&shared.kEmpty[kSlot.stage], kSlot.parity ^ 1);
        barrierArriveExpecting(&shared.kFull[kSlot.stage], ForwardShared<D>::KEY_BYTES);
        loadTile(
            shared.k[kSlot.stage], k, &shared.kFull[kSlot.stage], keys.end - (j + 1) * FORWARD_KEYS, 0, kvHead);
        kSlot.next();
      }
      if (j > 0) {
        barrierWait(&shared.vEmpty[vSlot.stage], vSlot.parity ^ 1);
        barrierArriveExpecting(&shared.vFull[vSlot.stage], ForwardShared<D>::KEY_BYTES);
        loadTile(shared.v[vSlot.stage], v, &shared.vFull[vSlot.stage], keys.end - j * FORWARD_KEYS, 0, kvHead);
        vSlot.next();
      }
    }
  }
  problem.work.leave();
}

// scores[64 x keys] = q k', both with the head's elements along their rows.
template <int D>
__device__ __forceinline__ void scoreProducts(float (&scores)[FORWARD_KEYS / 2], uint64_t q, uint64_t k) {
#pragma unroll
  for (int i = 0; i < D / 16; i++) {
    Product<FORWARD_KEYS, false>::shared(
        scores,
        operandMoved(q, i / 4 * FORWARD_QUERIES * 128 + i % 4 * 32),
        operandMoved(k, i / 4 * FORWARD_KEYS * 128 + i % 4 * 32),
        i > 0);
  }
}

// out[64 x D] += p v, p in registers.
template <int D>
__device__ __forceinline__ void valueProducts(float (&out)[D / 2], const uint32_t (&p)[FORWARD_KEYS / 4], uint64_t v) {
#pragma unroll
  for (int i = 0; i < FORWARD_KEYS / 16; i++) {
    Product<D, true>::registers(
        out, p[4 * i], p[4 * i + 1], p[4 * i + 2], p[4 * i + 3], operandMoved(v, i * 16 * 128), 1);
  }
}

template <int D>
__device__ __forceinline__ void forwardConsume(ForwardShared<D>& shared, const ForwardProblem& problem, int group) {
  const int lane = threadIdx.x % 32;
  const bool releases = lane == 0;
  const int warpRow = group * 64 + (threadIdx.x % 128) / 32 * 16 + lane / 4;
  const float scaleLog2 = problem.scale * LOG2_E;
  const int turn = 1 + group;
  const int otherTurn = 2 - group;
  if (ANNULUS_TAKE_TURNS && group == 1) {
    namedArrive(otherTurn, 256);
  }
  RingPosition<2> slot, qSlot;
  RingPosition<FORWARD_STAGES> kSlot, vSlot;

  while (true) {
    barrierWait(&shared.itemFull[slot.stage], slot.parity);
    int number = shared.items[slot.stage];
    __syncwarp();
    if (releases) {
      barrierArrive(&shared.itemEmpty[slot.stage]);
    }
    slot.next();
    if (number < 0) {
      break;
    }
    WorkItem item = problem.work.item(number);
    TileKeys keys = problem.tileKeys[item.tile];
    int tiles = ForwardProblem::tilesOf(keys);
    int firstRow = item.tile * FORWARD_QUERIES + warpRow;
    int from[2] = {0, 0}, to[2] = {0, 0};
#pragma unroll
    for (int r = 0; r < 2; r++) {
      if (firstRow + 8 * r < problem.output.queries) {
        from[r] = problem.from[firstRow + 8 * r];
        to[r] = problem.to[firstRow + 8 * r];
      }
    }
    OnlineSoftmax softmax;
    float out[D / 2];
#pragma unroll
    for (int i = 0; i < D / 2; i++) {
      out[i] = 0;
    }
    if (tiles > 0) {
      float scores[FORWARD_KEYS / 2];
      uint32_t p[FORWARD_KEYS / 4];
      float rescale[2];
      uint64_t q = operandAt(sharedAddress(shared.q[qSlot.stage]) + group * 64 * 128, 16);
      barrierWait(&shared.qFull[qSlot.stage], qSlot.parity);
      barrierWait(&shared.kFull[kSlot.stage], kSlot.parity);
      productsBegin();
      scoreProducts<D>(scores, q, operandAt(sharedAddress(shared.k[kSlot.stage]), 16));
      productsCommit();
      productsWait<0>();
      registersReady(scores);
      if (releases) {
        barrierArrive(&shared.kEmpty[kSlot.stage]);
      }
      kSlot.next();
      int firstKey = keys.end - FORWARD_KEYS;
      if (!keys.allSeen(firstKey, FORWARD_KEYS)) {
        maskScores(scores, firstKey, from, to);
      }
      softmax.step(scores, scaleLog2, rescale);
      packRows(scores, p);

      for (int j = 1; j < tiles; j++) {
        firstKey -= FORWARD_KEYS;
        barrierWait(&shared.kFull[kSlot.stage], kSlot.parity);
        if (ANNULUS_TAKE_TURNS) {
          namedSync(turn, 256);
        }
        productsBegin();
        scoreProducts<D>(scores, q, operandAt(sharedAddress(shared.k[kSlot.stage]), 16));
        productsCommit();
        barrierWait(&shared.vFull[vSlot.stage], vSlot.parity);
        productsBegin();
        valueProducts<D>(out, p, operandAt(sharedAddress(shared.v[vSlot.stage]), FORWARD_KEYS * 128));
        productsCommit();
        if (ANNULUS_TAKE_TURNS) {
          namedArrive(otherTurn, 256);
        }
        productsWait<1>();
        registersReady(scores);
        if (releases) {
          barrierArrive(&shared.kEmpty[kSlot.stage]);
        }
        kSlot.next();
        if (!keys.allSeen(firstKey, FORWARD_KEYS)) {
          maskScores(scores, firstKey, from, to);
        }
        softmax.step(scores, scaleLog2, rescale);
        productsWait<0>();
        registersReady(out);
        if (releases) {
          barrierArrive(&shared.vEmpty[vSlot.stage]);
        }
        vSlot.next();
#pragma unroll
        for (int i = 0; i < D / 2; i++) {
          out[i] *= rescale[i % 4 / 2];
        }
        packRows(scores, p);
      }
      if (releases) {
        barrierArrive(&shared.qEmpty[qSlot.stage]);
      }
      qSlot.next();
      barrierWait(&shared.vFull[vSlot.stage], vSlot.parity);
      productsBegin();
      valueProducts<D>(out, p, operandAt(sharedAddress(shared.v[vSlot.stage]), FORWARD_KEYS * 128));
      productsCommit();
      productsWait<0>();
      registersReady(out);
      if (releases) {
        barrierArrive(&shared.vEmpty[vSlot.stage]);
      }
      vSlot.next();
    }
    problem.output.writeRow<0>(out, firstRow, item.head, D, softmax.max[0], softmax.sum[0], problem.scale);
    problem.output.writeRow<1>(out, firstRow + 8, item.head, D, softmax.max[1], softmax.sum[1], problem.scale);
  }
  if (ANNULUS_TAKE_TURNS && group == 0) {
    namedSync(turn, 256);  // takes the turn that nobody needs any more
  }
}

template <int D>
__device__ __forceinline__ void forwardBlock(
    const ForwardProblem& problem, const TensorMap* q, const TensorMap* k, const TensorMap* v) {
  extern __shared__ __align__(1024) unsigned char sharedBytes[];
  ForwardShared<D>& shared = *reinterpret_cast<ForwardShared<D>*>(sharedBytes);
  constexpr int consumerWarps = 8;
  if (threadIdx.x == 0) {
    for (int i = 0; i < 2; i++) {
      barrierInit(&shared.qFull[i], 1);
      barrierInit(&shared.qEmpty[i], consumerWarps);
      barrierInit(&shared.itemFull[i], 1);
      barrierInit(&shared.itemEmpty[i], consumerWarps);
    }
    for (int i = 0; i < FORWARD_STAGES; i++) {
      barrierInit(&shared.kFull[i], 1);
      barrierInit(&shared.kEmpty[i], consumerWarps);
      barrierInit(&shared.vFull[i], 1);
      barrierInit(&shared.vEmpty[i], consumerWarps);
    }
    barrierInitDone();
    prefetchMap(q);
    prefetchMap(k);
    prefetchMap(v);
  }
  __syncthreads();
  int warpgroup = __shfl_sync(0xffffffff, threadIdx.x / 128, 0);
  if (warpgroup == 0) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == 0) {
      forwardProduce<D>(shared, problem, q, k, v);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    forwardConsume<D>(shared, problem, warpgroup - 1);
  }
}

}  // namespace annulus
