// Which (tile, head) a block works on next: a counter hands out items, tiles in the order of a table (the longest first), all heads
// of a section before the next section, so that neighbours in time read the same keys and values out of L2.
#pragma once
#include <cstdint>

namespace annulus {

struct WorkItem {
  int tile;
  int head;
};

struct WorkQueue {
  const int* order;  // [tiles]
  int tiles;
  int heads;
  int sectionHeads;  // heads of a section, divides heads
  int* counters;     // two integers, both 0 before a launch and again after it

  __device__ __forceinline__ int size() const {
    return tiles * heads;
  }

  // The next item's number, or -1.
  __device__ __forceinline__ int take() const {
    int next = atomicAdd(counters, 1);
    return next < size() ? next : -1;
  }

  __device__ __forceinline__ WorkItem item(int number) const {
    int section = number / (tiles * sectionHeads);
    int within = number - section * tiles * sectionHeads;
    int place = within / sectionHeads;
    return {order[place], section * sectionHeads + within - place * sectionHeads};
  }

  // Called once by every block when it will take no more; the last one resets the counters.
  __device__ __forceinline__ void leave() const {
    __threadfence();
    if (atomicAdd(counters + 1, 1) == gridDim.x - 1) {
      counters[0] = 0;
      counters[1] = 0;
    }
  }
};

// Keys that a tile of queries sees: all of them in [begin, end); every query sees all of [fullBegin, fullEnd).
struct alignas(16) TileKeys {
  int begin;
  int end;
  int fullBegin;
  int fullEnd;

  __device__ __forceinline__ bool allSeen(int first, int count) const {
    return first >= fullBegin && first + count <= fullEnd;
  }
};

}  // namespace annulus
