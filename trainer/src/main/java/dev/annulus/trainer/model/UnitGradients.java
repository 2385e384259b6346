package dev.annulus.trainer.model;

/** Where a backward pass leaves the gradients of weights, unit by unit. */
public interface UnitGradients {
  /**
   * Memory that the gradients of a unit are added to; of frozen tensors there is none. The same
   * until {@link #done}.
   */
  Parameters of(ModelUnit unit);

  /**
   * A pass has added all it has to a unit. Collective where the ranks share gradients out.
   *
   * @param step named in errors
   */
  void done(ModelUnit unit, long step);

  /** All gradients in one memory, which other passes add to. */
  static UnitGradients whole(Parameters gradients) {
    return new UnitGradients() {
      @Override
      public Parameters of(ModelUnit unit) {
        return gradients;
      }

      @Override
      public void done(ModelUnit unit, long step) {
        // Summed over the ranks when all rows are done.
      }
    };
  }
}
