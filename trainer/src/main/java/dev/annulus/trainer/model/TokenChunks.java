package dev.annulus.trainer.model;

/**
 * A worker's tokens in chunks. What a block computes token by token passes through memory of one
 * chunk, and gradients of weights are added up chunk by chunk. The size depends on nothing but the
 * kind of the device, so that bits do not depend on what is kept.
 */
final class TokenChunks {
  /** Enough rows for products at full speed on a few cores. */
  private static final int HOST_CHUNK = 1024;

  /** A GPU is full with more. */
  private static final int GPU_CHUNK = 8192;

  private TokenChunks() {}

  /** Work on tokens {@code from} (inclusive) to {@code to} (exclusive). */
  interface Work {
    void on(int from, int to);
  }

  /** Tokens of a chunk. */
  static int size(boolean hostMemory) {
    return hostMemory ? HOST_CHUNK : GPU_CHUNK;
  }

  /** All chunks of a row in order; the last may be shorter. */
  static void forEach(int tokens, int chunk, Work work) {
    for (int from = 0; from < tokens; from += chunk) {
      work.on(from, Math.min(tokens, from + chunk));
    }
  }
}
