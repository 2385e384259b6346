// Rows of a table by token id, and the gradient of the table with the tokens added in order.
#include "pack.cuh"

// y[t] = table[ids[t]], a warp a token. An id that the table has not gives NaN, which stops a run.
template <typename T>
__device__ void embedding(const T* table, const int* ids, T* y, long long tokens, long long vocabulary, int n) {
  long long token = static_cast<long long>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32;
  if (token >= tokens) return;
  int id = ids[token];
  bool known = id >= 0 && id < vocabulary;
  const T* row = table + (known ? id : 0ll) * n;
  bool aligned = is_aligned(row) && is_aligned(y + token * n);
  for (int c = threadIdx.x % 32 * PACK; c < n; c += 32 * PACK) {
    float v[PACK];
    load_pack(row, c, n, aligned, v);
#pragma unroll
    for (int i = 0; i < PACK; i++) v[i] = known ? v[i] : __int_as_float(0x7fffffff);
    store_pack(y + token * n, c, n, aligned, v);
  }
}

extern "C" __global__ void embedding_f32(
    const float* table, const int* ids, float* y, long long tokens, long long vocabulary, int n) {
  embedding(table, ids, y, tokens, vocabulary, n);
}
extern "C" __global__ void embedding_bf16(
    const bf16* table, const int* ids, bf16* y, long long tokens, long long vocabulary, int n) {
  embedding(table, ids, y, tokens, vocabulary, n);
}

// d_table[ids[t]] += dy[t]. Block x belongs to token x and works if no token before it has the same id: it then adds up all
// tokens that do, in order. Blocks y divide the columns, a pack a thread.
template <typename T>
__device__ void embedding_gradient(const T* dy, const int* ids, float* d_table, int tokens, long long vocabulary, int n) {
  constexpr int THREADS = 256;
  __shared__ int found[THREADS];
  __shared__ int counts[THREADS / 32];
  int token = blockIdx.x;
  int id = ids[token];
  if (id < 0 || id >= vocabulary) return;
  bool seen = false;
  for (int from = 0; from < token && !seen; from += THREADS) {
    int other = from + threadIdx.x;
    seen = __syncthreads_or(other < token && ids[other] == id);
  }
  if (seen) return;
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int c = (blockIdx.y * THREADS + threadIdx.x) * PACK;
  bool aligned = is_aligned(dy) && n % PACK == 0;
  float sum[PACK] = {};
  for (int from = token; from < tokens; from += THREADS) {
    int other = from + threadIdx.x;
    bool same = other < tokens && ids[other] == id;
    unsigned lanes = __ballot_sync(0xffffffffu, same);
    if (lane == 0) counts[warp] = __popc(lanes);
    __syncthreads();
    int before = 0;
    int total = 0;
    for (int w = 0; w < THREADS / 32; w++) {
      before += w < warp ? counts[w] : 0;
      total += counts[w];
    }
    if (same) found[before + __popc(lanes & ((1u << lane) - 1))] = other;
    __syncthreads();
    if (c < n) {
#pragma unroll 4
      for (int k = 0; k < total; k++) {
        float v[PACK];
        load_pack(dy + static_cast<long long>(found[k]) * n, c, n, aligned, v);
#pragma unroll
        for (int i = 0; i < PACK; i++) sum[i] += v[i];
      }
    }
    __syncthreads();
  }
  if (c < n) {
    float old[PACK];
    float* row = d_table + static_cast<long long>(id) * n;
    bool row_aligned = is_aligned(row);
    load_pack(row, c, n, row_aligned, old);
#pragma unroll
    for (int i = 0; i < PACK; i++) old[i] += sum[i];
    store_pack(row, c, n, row_aligned, old);
  }
}

extern "C" __global__ void __launch_bounds__(256) embedding_gradient_f32(
    const float* dy, const int* ids, float* d_table, int tokens, long long vocabulary, int n) {
  embedding_gradient(dy, ids, d_table, tokens, vocabulary, n);
}
extern "C" __global__ void __launch_bounds__(256) embedding_gradient_bf16(
    const bf16* dy, const int* ids, float* d_table, int tokens, long long vocabulary, int n) {
  embedding_gradient(dy, ids, d_table, tokens, vocabulary, n);
}
