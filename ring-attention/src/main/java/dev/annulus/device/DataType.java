package dev.annulus.device;

/** Element type of a tensor. */
public enum DataType {
  FLOAT32(4),
  INT32(4);

  private final int bytes;

  DataType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
