package dev.annulus.trainer.huggingface;

import java.util.List;

/**
 * A tensor in a safetensors file.
 *
 * @param shape its dimensions; empty for a single number
 * @param begin its first byte behind the header
 * @param end behind its last byte
 */
public record StoredTensor(
    String name, SafetensorsType type, List<Long> shape, long begin, long end) {
  public StoredTensor {
    shape = List.copyOf(shape);
  }

  /** Number of elements. */
  public long size() {
    return (end - begin) / type.bytes();
  }
}
