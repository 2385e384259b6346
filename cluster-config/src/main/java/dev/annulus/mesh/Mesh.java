package dev.annulus.mesh;

/**
 * World = data x context. The ranks of one ring are neighbours: {@code rank = dataIndex * context +
 * contextIndex}.
 *
 * @param context workers in a ring
 * @param data rings
 */
public record Mesh(int context, int data) {
  public Mesh {
    if (context < 1 || data < 1) {
      throw new IllegalArgumentException("mesh of context " + context + ", data " + data);
    }
  }

  /** Number of workers. */
  public int world() {
    return context * data;
  }

  /** Which ring {@code rank} is in. */
  public int dataIndex(int rank) {
    return rank / context;
  }

  /** Its place in that ring. */
  public int contextIndex(int rank) {
    return rank % context;
  }

  /** The world rank of a place in a ring. */
  public int rank(int dataIndex, int contextIndex) {
    return dataIndex * context + contextIndex;
  }
}
