package dev.annulus.config;

/**
 * {@code device:} what computes.
 *
 * @param kind default auto: the best that is there
 * @param precision default float32
 * @param memory default auto: the first that fits, from none to full
 */
public record DeviceSettings(Kind kind, Precision precision, Memory memory) {
  /** Settings with {@link Memory#AUTO}. */
  public DeviceSettings(Kind kind, Precision precision) {
    this(kind, precision, Memory.AUTO);
  }

  /** What computes. */
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /** What activations are held in. */
  public enum Precision {
    FLOAT32,
    BFLOAT16
  }

  /** Which activations are computed a second time for the backward pass rather than kept. */
  public enum Memory {
    AUTO,
    /** None are. */
    NONE,
    /** All but each block's input and what its attention gives. */
    SELECTIVE,
    /** All but each block's input. */
    FULL
  }
}
