// Tiles of the plain attention kernels: 32 queries by 32 keys, in fp32 in shared memory, for any head dim up to 256.
#pragma once
#include "pack.cuh"
#include "sums.cuh"

constexpr int TILE = 32;
constexpr int WARPS = 8;
constexpr int ROWS_OF_WARP = TILE / WARPS;
constexpr int MAX_HEAD_DIM = 256;
constexpr int DIMS_OF_LANE = MAX_HEAD_DIM / 32;

// Rows first .. first + 32 of one head into `tile` [32, pitch]; rows from `rows` on are zeros. A pitch of head_dim + 1 lets the
// lanes of a warp read one element of 32 rows from 32 banks.
template <typename T>
__device__ void load_tile(
    const T* x, long long first, long long rows, int columns, int head, int head_dim, float* tile, int pitch) {
  for (int i = threadIdx.x; i < TILE * head_dim; i += WARPS * 32) {
    int row = i / head_dim;
    int d = i % head_dim;
    bool inside = first + row < rows;
    tile[row * pitch + d] = inside ? to_float(x[(first + row) * columns + head * head_dim + d]) : 0.f;
  }
}

// Which keys a query sees, and none if it is not there.
struct Visible {
  int from;
  int to;
};

__device__ __forceinline__ Visible visible_of(const int* from, const int* to, long long query, long long queries) {
  return query < queries ? Visible{from[query], to[query]} : Visible{0, 0};
}

// The keys that any of 32 queries sees, lane i being query i; empty if none sees any.
__device__ __forceinline__ Visible span_of_warp(Visible mine) {
  bool sees = mine.from < mine.to;
  int first = sees ? mine.from : 0x7fffffff;
  int end = sees ? mine.to : 0;
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    first = min(first, __shfl_xor_sync(ALL_LANES, first, distance));
    end = max(end, __shfl_xor_sync(ALL_LANES, end, distance));
  }
  return {first, end};
}

// Dot product of one row in shared memory, the same for all lanes, with the lane's own row.
__device__ __forceinline__ float dot(const float* row, const float* of_lane, int head_dim) {
  float sum = 0;
#pragma unroll 8
  for (int d = 0; d < head_dim; d++) sum += row[d] * of_lane[d];
  return sum;
}

// into += factor_u * rows[u] over the 32 rows of a tile, lane u holding factor_u; the lane's dims are lane, lane + 32, ..
__device__ __forceinline__ void add_rows(
    float factor, const float* rows, int pitch, int head_dim, float (&into)[DIMS_OF_LANE]) {
  int lane = threadIdx.x % 32;
  for (int u = 0; u < TILE; u++) {
    float f = __shfl_sync(ALL_LANES, factor, u);
#pragma unroll
    for (int j = 0; j < DIMS_OF_LANE; j++) {
      int d = lane + 32 * j;
      if (d < head_dim) into[j] += f * rows[u * pitch + d];
    }
  }
}
