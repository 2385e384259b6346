// Attention of a block of queries to a block of keys for any head dim up to 256, without tensor cores: what there is for shapes
// that no faster kernel takes, and what those are compared with. Every sum has one order. Formulas: docs/numerics.md, section 1.
// q, out, d_out, dq [queries, query_heads * head_dim]; k, v, dk, dv [keys, kv_heads * head_dim]; from, to [queries]: the keys that
// a query sees; lse, delta [query_heads, queries]. A warp has four rows of the output's tile and works on them one by one, its
// lanes being the 32 rows of the other side.
#include "plain_tile.cuh"

// Folds the block into out and lse by the merge law. Grid: tiles of queries x query heads.
template <typename T>
__device__ void plain_forward(
    const T* q, const T* k, const T* v, const int* from, const int* to, float* out, float* lse, int queries, int keys,
    int query_heads, int kv_heads, int head_dim, float scale) {
  extern __shared__ float shared[];
  int pitch = head_dim + 1;
  float* q_tile = shared;
  float* k_tile = q_tile + TILE * pitch;
  float* v_tile = k_tile + TILE * pitch;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int first = blockIdx.x * TILE;
  int head = blockIdx.y;
  int kv_head = head / (query_heads / kv_heads);
  Visible span = span_of_warp(visible_of(from, to, first + lane, queries));
  if (span.from >= span.to) return;
  load_tile(q, first, queries, query_heads * head_dim, head, head_dim, q_tile, pitch);
  float sum[ROWS_OF_WARP][DIMS_OF_LANE] = {};
  float max[ROWS_OF_WARP];
  float total[ROWS_OF_WARP];
  Visible visible[ROWS_OF_WARP];
#pragma unroll
  for (int r = 0; r < ROWS_OF_WARP; r++) {
    max[r] = -INFINITY;
    total[r] = 0;
    visible[r] = visible_of(from, to, first + warp * ROWS_OF_WARP + r, queries);
  }
  for (int start = span.from / TILE * TILE; start < span.to; start += TILE) {
    __syncthreads();
    load_tile(k, start, keys, kv_heads * head_dim, kv_head, head_dim, k_tile, pitch);
    load_tile(v, start, keys, kv_heads * head_dim, kv_head, head_dim, v_tile, pitch);
    __syncthreads();
    int key = start + lane;
#pragma unroll
    for (int r = 0; r < ROWS_OF_WARP; r++) {
      bool sees = key >= visible[r].from && key < visible[r].to;
      if (!__any_sync(ALL_LANES, sees)) continue;
      float score = sees ? scale * dot(q_tile + (warp * ROWS_OF_WARP + r) * pitch, k_tile + lane * pitch, head_dim) : -INFINITY;
      float larger = fmaxf(max[r], warp_max(score));
      float base = larger == -INFINITY ? 0.f : larger;
      float kept = max[r] == -INFINITY ? 0.f : expf(max[r] - base);
      float p = sees ? expf(score - base) : 0.f;
      total[r] = total[r] * kept + warp_sum(p);
      max[r] = larger;
#pragma unroll
      for (int j = 0; j < DIMS_OF_LANE; j++) sum[r][j] *= kept;
      add_rows(p, v_tile, pitch, head_dim, sum[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS_OF_WARP; r++) {
    int query = first + warp * ROWS_OF_WARP + r;
    if (query >= queries || total[r] == 0) continue;
    long long at = static_cast<long long>(head) * queries + query;
    float before = lse[at];
    float here = (max[r] == -INFINITY ? 0.f : max[r]) + logf(total[r]);
    float kept = before == -INFINITY ? 0.f : 1.f / (1.f + expf(here - before));
    float added = (before == -INFINITY ? 1.f : 1.f / (1.f + expf(before - here))) / total[r];
    float* row = out + static_cast<long long>(query) * query_heads * head_dim + head * head_dim;
#pragma unroll
    for (int j = 0; j < DIMS_OF_LANE; j++) {
      int d = lane + 32 * j;
      if (d < head_dim) row[d] = kept * row[d] + added * sum[r][j];
    }
    float high = fmaxf(before, here);
    float low = fminf(before, here);
    __syncwarp();
    if (lane == 0) lse[at] = isnan(here) ? here : before == -INFINITY ? here : high + log1pf(expf(low - high));
  }
}

extern "C" __global__ void __launch_bounds__(256, 2) plain_forward_f32(
    const float* q, const float* k, const float* v, const int* from, const int* to, float* out, float* lse, int queries, int keys,
    int query_heads, int kv_heads, int head_dim, float scale) {
  plain_forward(q, k, v, from, to, out, lse, queries, keys, query_heads, kv_heads, head_dim, scale);
}
extern "C" __global__ void __launch_bounds__(256, 2) plain_forward_bf16(
    const bf16* q, const bf16* k, const bf16* v, const int* from, const int* to, float* out, float* lse, int queries, int keys,
    int query_heads, int kv_heads, int head_dim, float scale) {
  plain_forward(q, k, v, from, to, out, lse, queries, keys, query_heads, kv_heads, head_dim, scale);
}

// delta[h, t] = rowsum of d_out * out over the head. A warp a (token, head).
template <typename O, typename T>
__device__ void attention_delta(const O* out, const T* d_out, float* delta, int queries, int query_heads, int head_dim) {
  long long index = static_cast<long long>(blockIdx.x) * WARPS + threadIdx.x / 32;
  if (index >= static_cast<long long>(queries) * query_heads) return;
  float sum = 0;
  for (int d = threadIdx.x % 32; d < head_dim; d += 32)
    sum += to_float(out[index * head_dim + d]) * to_float(d_out[index * head_dim + d]);
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) delta[index % query_heads * queries + index / query_heads] = sum;
}

extern "C" __global__ void __launch_bounds__(256) attention_delta_f32(
    const float* out, const float* d_out, float* delta, int queries, int query_heads, int head_dim) {
  attention_delta(out, d_out, delta, queries, query_heads, head_dim);
}
extern "C" __global__ void __launch_bounds__(256) attention_delta_f32_bf16(
    const float* out, const bf16* d_out, float* delta, int queries, int query_heads, int head_dim) {
  attention_delta(out, d_out, delta, queries, query_heads, head_dim);
}
extern "C" __global__ void __launch_bounds__(256) attention_delta_bf16(
    const bf16* out, const bf16* d_out, float* delta, int queries, int query_heads, int head_dim) {
  attention_delta(out, d_out, delta, queries, query_heads, head_dim);
}
