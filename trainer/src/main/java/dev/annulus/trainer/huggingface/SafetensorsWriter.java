package dev.annulus.trainer.huggingface;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Writes fp32 tensors of a device as a safetensors file, piece by piece, so that no second copy of
 * the weights is held. The same tensors give the same bytes.
 */
public final class SafetensorsWriter {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Elements that are copied from the device at a time. */
  private static final int CHUNK = 1 << 20;

  private SafetensorsWriter() {}

  /**
   * A tensor to write.
   *
   * @param name in the file
   * @param shape in the file; as many elements as the tensor has
   * @param tensor fp32
   */
  public record Entry(String name, List<Long> shape, Tensor tensor) {
    public Entry {
      shape = List.copyOf(shape);
      if (shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact)
          != tensor.size()) {
        throw new IllegalArgumentException(
            name + " of shape " + shape + " has " + tensor.size() + " elements");
      }
    }
  }

  /** Writes {@code file} aside, forces it to the disk, and renames it. */
  public static void write(Path file, List<Entry> entries, Device device) throws IOException {
    DurableFiles.write(file, channel -> write(channel, entries, device));
  }

  private static void write(FileChannel channel, List<Entry> entries, Device device)
      throws IOException {
    writeFully(channel, ByteBuffer.wrap(header(entries)));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(4L * CHUNK, 64);
      for (Entry entry : entries) {
        Tensor column = entry.tensor().reshape(entry.tensor().size(), 1);
        for (long start = 0; start < column.rows(); start += CHUNK) {
          long count = Math.min(CHUNK, column.rows() - start);
          device.download(column.rows(start, start + count), host);
          writeFully(channel, host.asSlice(0, 4 * count).asByteBuffer());
        }
      }
    }
  }

  /** Prefix and JSON, filled with spaces so that the data begins at a multiple of 8 bytes. */
  private static byte[] header(List<Entry> entries) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Entry entry : entries) {
      if (root.has(entry.name())) {
        throw new IllegalArgumentException("two tensors named " + entry.name());
      }
      ObjectNode node = root.putObject(entry.name());
      node.put("dtype", SafetensorsType.F32.name());
      entry.shape().forEach(node.withArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(offset + entry.tensor().bytes());
      offset += entry.tensor().bytes();
    }
    byte[] json = JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + 7) / 8 * 8;
    byte[] header = new byte[8 + padded];
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(padded);
    System.arraycopy(json, 0, header, 8, json.length);
    Arrays.fill(header, 8 + json.length, header.length, (byte) ' ');
    return header;
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
