package dev.annulus.device;

/** Element type of a tensor. */
public enum DataType {
  FLOAT32(4),
  /** The upper half of a FLOAT32. */
  BFLOAT16(2),
  INT32(4);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Whether elements are real numbers. */
  public boolean isFloat() {
    return this != INT32;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
