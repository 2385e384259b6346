package dev.annulus.device.cuda;

import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;

/**
 * A bf16 tensor [tokens, heads * headDim] as Hopper's copy engine sees it: four dimensions, the
 * innermost first (inside a chunk of 128 bytes, token, chunk of the head, head), of which one copy
 * brings {@code boxTokens} tokens of one head. What lies outside reads as zero.
 *
 * @param address on the GPU, aligned to 16 bytes
 * @param tokens not 0
 * @param headDim a multiple of {@link #CHUNK}
 * @param boxTokens at most 256
 */
record TensorMap(long address, long tokens, int heads, int headDim, int boxTokens) {
  /** Bytes of a CUtensorMap. */
  static final int BYTES = 128;

  /** That it must have. */
  static final int ALIGNMENT = 64;

  static final int DIMENSIONS = 4;

  // Numbers of cuda.h.
  static final int BFLOAT16 = 9;
  static final int NOT_INTERLEAVED = 0;
  static final int SWIZZLE_128_BYTES = 3;
  static final int PROMOTE_128_BYTES = 2;
  static final int ZERO_OUTSIDE = 0;

  /** Elements of 128 bytes, the width of the swizzle. */
  static final int CHUNK = 64;

  private static final long ELEMENT = 2;

  TensorMap {
    if (address % 16 != 0 || tokens < 1 || heads < 1 || headDim % CHUNK != 0) {
      throw new IllegalArgumentException(
          "tensor map of %d tokens, %d heads of %d at %x, expected heads of a multiple of %d at a multiple of 16"
              .formatted(tokens, heads, headDim, address, CHUNK));
    }
  }

  /** The map of a tensor whose address on the GPU is known. */
  static TensorMap of(Tensor tensor, long address, int headDim, int boxTokens) {
    if (tensor.type() != DataType.BFLOAT16 || tensor.columns() % headDim != 0) {
      throw new IllegalArgumentException(
          "tensor map of %s [%d, %d], expected BFLOAT16 and heads of %d"
              .formatted(tensor.type(), tensor.rows(), tensor.columns(), headDim));
    }
    return new TensorMap(
        address, tensor.rows(), Math.toIntExact(tensor.columns() / headDim), headDim, boxTokens);
  }

  /** Elements of each dimension. */
  long[] sizes() {
    return new long[] {CHUNK, tokens, headDim / CHUNK, heads};
  }

  /** Bytes from one element to the next of each dimension but the first. */
  long[] strides() {
    return new long[] {(long) heads * headDim * ELEMENT, CHUNK * ELEMENT, headDim * ELEMENT};
  }

  /** Elements of one copy in each dimension. */
  int[] box() {
    return new int[] {CHUNK, boxTokens, headDim / CHUNK, 1};
  }

  /** Every element of each dimension. */
  int[] steps() {
    return new int[] {1, 1, 1, 1};
  }
}
