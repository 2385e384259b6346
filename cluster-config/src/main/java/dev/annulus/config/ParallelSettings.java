package dev.annulus.config;

/**
 * {@code parallel:} the mesh. The world is {@code context x data} workers.
 *
 * @param context workers that hold one sequence between them; default 1
 * @param data groups of them that work on different rows; default 1
 * @param layout how a sequence lies over the workers of its ring; default zigzag
 * @param route how keys and values get from worker to worker; default auto
 * @param sharding what of the model the workers share out among them; default optimizer
 * @param cost what {@code route: auto} reckons with
 */
public record ParallelSettings(
    int context, int data, Layout layout, Route route, Sharding sharding, CostSettings cost) {
  /** Settings with {@link CostSettings#DEFAULTS}. */
  public ParallelSettings(int context, int data, Layout layout, Route route) {
    this(context, data, layout, route, CostSettings.DEFAULTS);
  }

  /** Settings with {@link Sharding#OPTIMIZER}. */
  public ParallelSettings(int context, int data, Layout layout, Route route, CostSettings cost) {
    this(context, data, layout, route, Sharding.OPTIMIZER, cost);
  }

  /** How a sequence lies over the workers of its ring. */
  public enum Layout {
    /** One piece a worker, in order. */
    CONTIGUOUS,
    /** Token t on worker t mod n. */
    STRIPED,
    /** A piece from the front and its mirror from the back. */
    ZIGZAG,
    /** Many pieces a worker, so that all have the same work for the documents of each row. */
    MASK_AWARE
  }

  /** How keys and values get from worker to worker. */
  public enum Route {
    /** Whichever is predicted to be faster for the row at hand. */
    AUTO,
    /** From neighbour to neighbour. */
    RING,
    /** From the owner straight to each worker that needs them. */
    DIRECT
  }

  /** What of the model the workers share out among them, all {@code context x data}. */
  public enum Sharding {
    /** The optimiser's moments; every worker holds all weights and gradients. ZeRO stage 1. */
    OPTIMIZER,
    /** Weights, gradients and moments; a block's weights come when it is computed. ZeRO stage 3. */
    FULL
  }

  /** Number of workers. */
  public int world() {
    return context * data;
  }
}
