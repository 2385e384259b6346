package dev.annulus.trainer.huggingface;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Element types of the safetensors format, with their size. */
public enum SafetensorsType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1),
  F8_E4M3(1),
  F8_E5M2(1);

  private final int bytes;

  SafetensorsType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether {@link SafetensorsFile#toFloats} reads it. */
  public boolean isReadable() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The type of that name in a header. */
  static Optional<SafetensorsType> named(String name) {
    return Arrays.stream(values())
        .filter(type -> type.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst();
  }
}
