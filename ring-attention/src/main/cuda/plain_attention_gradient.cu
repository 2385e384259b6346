// The gradient of plain_attention.cu, with its shapes: dS = P (dP - delta) with P = exp(S - lse), lse and delta being those of the
// whole row. Two kernels, one that goes over the keys for dq and one that goes over the queries for dk and dv, so that every sum
// has one order and nothing is added by atomics.
#include "plain_tile.cuh"

// dq += scale dS k. Grid: tiles of queries x query heads.
template <typename T>
__device__ void plain_query_gradient(
    const T* q, const T* k, const T* v, const int* from, const int* to, const T* d_out, const float* lse, const float* delta,
    float* dq, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  extern __shared__ float shared[];
  int pitch = head_dim + 1;
  float* q_tile = shared;
  float* d_tile = q_tile + TILE * pitch;
  float* k_tile = d_tile + TILE * pitch;
  float* v_tile = k_tile + TILE * pitch;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int first = blockIdx.x * TILE;
  int head = blockIdx.y;
  int kv_head = head / (query_heads / kv_heads);
  Visible span = span_of_warp(visible_of(from, to, first + lane, queries));
  if (span.from >= span.to) return;
  load_tile(q, first, queries, query_heads * head_dim, head, head_dim, q_tile, pitch);
  load_tile(d_out, first, queries, query_heads * head_dim, head, head_dim, d_tile, pitch);
  float sum[ROWS_OF_WARP][DIMS_OF_LANE] = {};
  for (int start = span.from / TILE * TILE; start < span.to; start += TILE) {
    __syncthreads();
    load_tile(k, start, keys, kv_heads * head_dim, kv_head, head_dim, k_tile, pitch);
    load_tile(v, start, keys, kv_heads * head_dim, kv_head, head_dim, v_tile, pitch);
    __syncthreads();
    int key = start + lane;
#pragma unroll
    for (int r = 0; r < ROWS_OF_WARP; r++) {
      int row = warp * ROWS_OF_WARP + r;
      Visible visible = visible_of(from, to, first + row, queries);
      bool sees = key >= visible.from && key < visible.to;
      if (!__any_sync(ALL_LANES, sees)) continue;
      long long at = static_cast<long long>(head) * queries + first + row;
      float score = scale * dot(q_tile + row * pitch, k_tile + lane * pitch, head_dim);
      float dp = dot(d_tile + row * pitch, v_tile + lane * pitch, head_dim);
      float ds = sees ? expf(score - lse[at]) * (dp - delta[at]) * scale : 0.f;
      add_rows(ds, k_tile, pitch, head_dim, sum[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS_OF_WARP; r++) {
    int query = first + warp * ROWS_OF_WARP + r;
    if (query >= queries) continue;
    float* row = dq + static_cast<long long>(query) * query_heads * head_dim + head * head_dim;
#pragma unroll
    for (int j = 0; j < DIMS_OF_LANE; j++)
      if (lane + 32 * j < head_dim) row[lane + 32 * j] += sum[r][j];
  }
}

extern "C" __global__ void __launch_bounds__(256, 2) plain_query_gradient_f32(
    const float* q, const float* k, const float* v, const int* from, const int* to, const float* d_out, const float* lse,
    const float* delta, float* dq, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  plain_query_gradient(q, k, v, from, to, d_out, lse, delta, dq, queries, keys, query_heads, kv_heads, head_dim, scale);
}
extern "C" __global__ void __launch_bounds__(256, 2) plain_query_gradient_bf16(
    const bf16* q, const bf16* k, const bf16* v, const int* from, const int* to, const bf16* d_out, const float* lse,
    const float* delta, float* dq, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  plain_query_gradient(q, k, v, from, to, d_out, lse, delta, dq, queries, keys, query_heads, kv_heads, head_dim, scale);
}

// dk += scale dS' q and dv += P' d_out, over the query heads of the group. Grid: tiles of keys x kv heads.
template <typename T>
__device__ void plain_key_gradient(
    const T* q, const T* k, const T* v, const int* from, const int* to, const T* d_out, const float* lse, const float* delta,
    float* dk, float* dv, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  extern __shared__ float shared[];
  int pitch = head_dim + 1;
  float* q_tile = shared;
  float* d_tile = q_tile + TILE * pitch;
  float* k_tile = d_tile + TILE * pitch;
  float* v_tile = k_tile + TILE * pitch;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int first = blockIdx.x * TILE;
  int kv_head = blockIdx.y;
  int group = query_heads / kv_heads;
  load_tile(k, first, keys, kv_heads * head_dim, kv_head, head_dim, k_tile, pitch);
  load_tile(v, first, keys, kv_heads * head_dim, kv_head, head_dim, v_tile, pitch);
  float sum_k[ROWS_OF_WARP][DIMS_OF_LANE] = {};
  float sum_v[ROWS_OF_WARP][DIMS_OF_LANE] = {};
  for (int head = kv_head * group; head < (kv_head + 1) * group; head++) {
    for (int start = 0; start < queries; start += TILE) {
      int query = start + lane;
      Visible visible = visible_of(from, to, query, queries);
      Visible span = span_of_warp(visible);
      if (span.from >= first + TILE || span.to <= first) continue; // the same for all warps
      __syncthreads();
      load_tile(q, start, queries, query_heads * head_dim, head, head_dim, q_tile, pitch);
      load_tile(d_out, start, queries, query_heads * head_dim, head, head_dim, d_tile, pitch);
      __syncthreads();
      long long at = static_cast<long long>(head) * queries + query;
      float of_lse = query < queries ? lse[at] : 0.f;
      float of_delta = query < queries ? delta[at] : 0.f;
#pragma unroll
      for (int r = 0; r < ROWS_OF_WARP; r++) {
        int row = warp * ROWS_OF_WARP + r;
        bool sees = first + row >= visible.from && first + row < visible.to;
        if (!__any_sync(ALL_LANES, sees)) continue;
        float score = scale * dot(k_tile + row * pitch, q_tile + lane * pitch, head_dim);
        float dp = dot(v_tile + row * pitch, d_tile + lane * pitch, head_dim);
        float p = sees ? expf(score - of_lse) : 0.f;
        float ds = sees ? p * (dp - of_delta) * scale : 0.f;
        add_rows(p, d_tile, pitch, head_dim, sum_v[r]);
        add_rows(ds, q_tile, pitch, head_dim, sum_k[r]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS_OF_WARP; r++) {
    int key = first + warp * ROWS_OF_WARP + r;
    if (key >= keys) continue;
    long long row = static_cast<long long>(key) * kv_heads * head_dim + kv_head * head_dim;
#pragma unroll
    for (int j = 0; j < DIMS_OF_LANE; j++) {
      if (lane + 32 * j < head_dim) {
        dk[row + lane + 32 * j] += sum_k[r][j];
        dv[row + lane + 32 * j] += sum_v[r][j];
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(256, 2) plain_key_gradient_f32(
    const float* q, const float* k, const float* v, const int* from, const int* to, const float* d_out, const float* lse,
    const float* delta, float* dk, float* dv, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  plain_key_gradient(q, k, v, from, to, d_out, lse, delta, dk, dv, queries, keys, query_heads, kv_heads, head_dim, scale);
}
extern "C" __global__ void __launch_bounds__(256, 2) plain_key_gradient_bf16(
    const bf16* q, const bf16* k, const bf16* v, const int* from, const int* to, const bf16* d_out, const float* lse,
    const float* delta, float* dk, float* dv, int queries, int keys, int query_heads, int kv_heads, int head_dim, float scale) {
  plain_key_gradient(q, k, v, from, to, d_out, lse, delta, dk, dv, queries, keys, query_heads, kv_heads, head_dim, scale);
}
