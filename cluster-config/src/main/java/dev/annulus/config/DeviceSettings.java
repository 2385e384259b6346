package dev.annulus.config;

/**
 * {@code device:} what computes.
 *
 * @param kind default auto: the best that is there
 * @param precision default float32
 */
public record DeviceSettings(Kind kind, Precision precision) {
  /** What computes. */
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /** What activations and traffic are held in. */
  public enum Precision {
    FLOAT32,
    BFLOAT16
  }
}
