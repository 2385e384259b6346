// What the attention kernels know of a mask before they start: which keys a tile of queries sees, which tiles of queries a tile of
// keys meets, and in what order tiles are worked on. Depends on the mask alone: made once for a pair of blocks, used by all layers.
#include "attention_work.cuh"

using namespace annulus;

namespace {

constexpr int NOTHING = 0x7fffffff;

__device__ __forceinline__ int warpMin(int x) {
  return __reduce_min_sync(0xffffffff, x);
}

__device__ __forceinline__ int warpMax(int x) {
  return __reduce_max_sync(0xffffffff, x);
}

}  // namespace

// For each tile of `tileQueries` queries four integers: all its queries' keys lie in [0, 1), every query sees all of [2, 3).
// A warp a tile; blocks of 128 threads.
extern "C" __global__ void __launch_bounds__(128) attention_tile_keys(
    const int* from, const int* to, int queries, int tileQueries, int* tileKeys) {
  int tile = blockIdx.x * 4 + threadIdx.x / 32;
  int first = tile * tileQueries;
  if (first >= queries) {
    return;
  }
  int begin = NOTHING, end = 0, fullBegin = 0, fullEnd = NOTHING;
  for (int i = threadIdx.x % 32; i < tileQueries && first + i < queries; i += 32) {
    int a = from[first + i];
    int b = to[first + i];
    if (a < b) {
      begin = min(begin, a);
      end = max(end, b);
      fullBegin = max(fullBegin, a);
      fullEnd = min(fullEnd, b);
    } else {
      fullBegin = NOTHING;
    }
  }
  TileKeys keys{warpMin(begin), warpMax(end), warpMax(fullBegin), warpMin(fullEnd)};
  if (threadIdx.x % 32 == 0) {
    if (keys.end == 0) {
      keys.begin = 0;
    }
    reinterpret_cast<TileKeys*>(tileKeys)[tile] = keys;
  }
}

// For each tile of `tileRows` keys the run [0, 1) of tiles of queries of which some query sees some of its keys; empty: [0, 0).
// A warp a tile; blocks of 128 threads.
extern "C" __global__ void __launch_bounds__(128) attention_key_queries(
    const int* tileKeys, int queryTiles, int keys, int tileRows, int* keyQueries) {
  int tile = blockIdx.x * 4 + threadIdx.x / 32;
  int first = tile * tileRows;
  if (first >= keys) {
    return;
  }
  int begin = NOTHING, end = 0;
  for (int m = threadIdx.x % 32; m < queryTiles; m += 32) {
    TileKeys seen = reinterpret_cast<const TileKeys*>(tileKeys)[m];
    if (seen.begin < first + tileRows && seen.end > first && seen.end > seen.begin) {
      begin = min(begin, m);
      end = max(end, m + 1);
    }
  }
  begin = warpMin(begin);
  end = warpMax(end);
  if (threadIdx.x % 32 == 0) {
    reinterpret_cast<int2*>(keyQueries)[tile] = make_int2(end == 0 ? 0 : begin, end);
  }
}

// Order of tiles whose work is runs[stride * i + 1] - runs[stride * i]: the longest first, equal ones as they stand. A thread a tile.
extern "C" __global__ void attention_order(const int* runs, int stride, int tiles, int* order) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= tiles) {
    return;
  }
  auto workOf = [&](int tile) {
    long at = static_cast<long>(stride) * tile;
    return max(0, runs[at + 1] - runs[at]);
  };
  int own = workOf(i);
  int place = 0;
  for (int j = 0; j < tiles; j++) {
    int other = workOf(j);
    place += other > own || (other == own && j < i);
  }
  order[place] = i;
}
