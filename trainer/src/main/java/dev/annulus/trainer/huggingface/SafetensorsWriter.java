package dev.annulus.trainer.huggingface;

import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes fp32 tensors of a device as a safetensors file, piece by piece, so that no second copy of
 * the weights is held. The same tensors give the same bytes.
 */
public final class SafetensorsWriter {
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

  /** Writes the bytes of a file; the tensors lie in memory of the host. */
  public static void write(WritableByteChannel channel, List<Entry> entries) throws IOException {
    writeFully(channel, ByteBuffer.wrap(header(entries)));
    for (Entry entry : entries) {
      MemorySegment memory = entry.tensor().memory();
      for (long start = 0; start < memory.byteSize(); start += 4L * CHUNK) {
        long bytes = Math.min(4L * CHUNK, memory.byteSize() - start);
        writeFully(channel, memory.asSlice(start, bytes).asByteBuffer());
      }
    }
  }

  /** Writes the bytes of a file. */
  public static void write(WritableByteChannel channel, List<Entry> entries, Device device)
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

  private static byte[] header(List<Entry> entries) {
    List<SafetensorsLayout.Field> fields = new ArrayList<>();
    for (Entry entry : entries) {
      fields.add(new SafetensorsLayout.Field(entry.name(), SafetensorsType.F32, entry.shape()));
    }
    return SafetensorsLayout.of(fields).header();
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
