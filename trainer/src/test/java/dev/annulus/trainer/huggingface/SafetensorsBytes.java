package dev.annulus.trainer.huggingface;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files written by hand: any header before any data. */
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  static Path write(Path file, String json, int dataBytes) throws IOException {
    return write(file, json, new byte[dataBytes]);
  }

  static Path write(Path file, String json, byte[] data) throws IOException {
    return write(file, json.getBytes(StandardCharsets.UTF_8).length, json, data);
  }

  static Path write(Path file, long headerBytes, String json, byte[] data) throws IOException {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    return Files.write(file, bytes.putLong(headerBytes).put(header).put(data).array());
  }

  static String entry(String name, String type, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, type, shape, begin, end);
  }
}
