// The mask of a tile that is neither wholly seen nor wholly unseen.
#pragma once

namespace annulus {

// Scores of keys that a row does not see become negative infinity.
template <int N>
__device__ __forceinline__ void maskScores(
    float (&scores)[N], int firstKey, const int (&from)[2], const int (&to)[2]) {
  int column = firstKey + 2 * (threadIdx.x % 4);
#pragma unroll
  for (int j = 0; j < N / 4; j++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int key = column + 8 * j + i % 2;
      if (key < from[i / 2] || key >= to[i / 2]) {
        scores[4 * j + i] = -INFINITY;
      }
    }
  }
}

}  // namespace annulus
