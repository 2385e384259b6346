package dev.annulus.config;

/**
 * {@code parallel:} the mesh. The world is {@code context x data} workers.
 *
 * @param context workers that hold one sequence between them; default 1
 * @param data groups of them that work on different rows; default 1
 * @param layout how a sequence lies over the workers of its ring; default zigzag
 */
public record ParallelSettings(int context, int data, Layout layout) {
  /** How a sequence lies over the workers of its ring. */
  public enum Layout {
    CONTIGUOUS,
    ZIGZAG
  }

  /** Number of workers. */
  public int world() {
    return context * data;
  }
}
