package dev.annulus.ring;

/** How blocks get from their owners to those who need them. The results are the same bits. */
public enum Route {
  /**
   * From neighbour to neighbour: at each step a rank passes on what ranks farther on need.
   * Gradients follow one step behind, each user adding its share, and the last sends them home.
   */
  RING,
  /**
   * From the owner straight to each rank that needs any of its block, and gradients straight home,
   * where they are added up in the order of the ring.
   */
  DIRECT
}
