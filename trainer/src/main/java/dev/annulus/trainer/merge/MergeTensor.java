package dev.annulus.trainer.merge;

import java.io.Serializable;
import java.util.List;

/**
 * A weight of the models to merge.
 *
 * @param shape as stored
 * @param role how methods treat it
 */
public record MergeTensor(String name, List<Long> shape, Role role) implements Serializable {
  /** How methods treat a tensor. */
  public enum Role {
    /** A linear map: methods that know directions look at it as a matrix. */
    PROJECTED,
    /** Everything else: embeddings, norms, biases. */
    SUMMED
  }

  public MergeTensor {
    shape = List.copyOf(shape);
  }

  /** The tensor of that name: two dimensions and no embedding make a linear map. */
  public static MergeTensor of(String name, List<Long> shape) {
    return new MergeTensor(
        name, shape, shape.size() == 2 && !isEmbedding(name) ? Role.PROJECTED : Role.SUMMED);
  }

  private static boolean isEmbedding(String name) {
    return name.contains("embed") || name.contains(".wte.") || name.contains(".wpe.");
  }

  /** Number of elements. */
  public long size() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** Rows of a linear map. */
  int rows() {
    return Math.toIntExact(shape.getFirst());
  }

  /** Columns of a linear map. */
  int columns() {
    return Math.toIntExact(shape.getLast());
  }
}
