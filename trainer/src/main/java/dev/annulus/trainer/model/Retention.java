package dev.annulus.trainer.model;

/**
 * What is kept of each block's forward pass. The rest lies in memory that all blocks share, and is
 * computed once more before the block's backward pass.
 */
public enum Retention {
  /** All of it: nothing is computed twice. */
  EVERYTHING,
  /** What goes into the block and what attention gives: products are computed twice. */
  ATTENTION,
  /** What goes into the block: attention, ring and all, is computed twice too. */
  INPUT,
  /** Nothing, as no backward pass follows: all blocks share the memory of one. */
  NOTHING
}
