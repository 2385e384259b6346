package dev.annulus.trainer.huggingface;

import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A safetensors file, memory mapped: eight bytes with the length of the header, the header, the
 * data. Little-endian throughout.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final int PREFIX = 8;

  /** What the format itself allows. */
  private static final long MAX_HEADER = 100_000_000;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Arena arena;
  private final MemorySegment data;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata;

  private SafetensorsFile(Arena arena, MemorySegment data, SafetensorsHeader header) {
    this.arena = arena;
    this.data = data;
    this.metadata = header.metadata();
    header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  /**
   * Maps a file and checks its header against it.
   *
   * @throws InvalidInputException if there is no such file, or header and data do not fit
   */
  @SuppressWarnings("MustBeClosedChecker") // the file that is returned closes the arena
  public static SafetensorsFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file.toString(), "no such file", "a safetensors file");
    }
    Arena arena = Arena.ofConfined();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long headerBytes = headerBytes(file, bytes);
      byte[] json = bytes.asSlice(PREFIX, headerBytes).toArray(ValueLayout.JAVA_BYTE);
      MemorySegment data = bytes.asSlice(PREFIX + headerBytes);
      return new SafetensorsFile(
          arena, data, SafetensorsHeader.parse(file.toString(), json, data.byteSize()));
    } catch (IOException e) {
      arena.close();
      throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static long headerBytes(Path file, MemorySegment bytes) {
    if (bytes.byteSize() < PREFIX) {
      throw new InvalidInputException(
          file.toString(), bytes.byteSize() + " bytes", "a safetensors file of 8 bytes or more");
    }
    long headerBytes = bytes.get(LONG, 0);
    long limit = Math.min(MAX_HEADER, bytes.byteSize() - PREFIX);
    if (headerBytes < 0 || headerBytes > limit) {
      throw new InvalidInputException(
          file + " header",
          Long.toUnsignedString(headerBytes) + " bytes, says the file",
          "at most " + limit + ", the rest of the file and the limit of the format");
    }
    return headerBytes;
  }

  /** The tensors by name, in the order of the file. */
  public Map<String, StoredTensor> tensors() {
    return java.util.Collections.unmodifiableMap(tensors);
  }

  /** Free text of the header. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Elements {@code start} to {@code start + count} as fp32; the type must be readable.
   *
   * @param target at least {@code 4 * count} bytes
   */
  public void toFloats(StoredTensor tensor, long start, int count, MemorySegment target) {
    int width = tensor.type().bytes();
    MemorySegment source = data.asSlice(tensor.begin() + start * width, (long) count * width);
    switch (tensor.type()) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          target.setAtIndex(ValueLayout.JAVA_FLOAT, i, source.get(FLOAT, 4L * i));
        }
      }
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) source.get(DOUBLE, 8L * i));
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target.setAtIndex(
              ValueLayout.JAVA_FLOAT, i, Float.float16ToFloat(source.get(SHORT, 2L * i)));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target.setAtIndex(
              ValueLayout.JAVA_FLOAT, i, Float.intBitsToFloat(source.get(SHORT, 2L * i) << 16));
        }
      }
      default ->
          throw new IllegalArgumentException(
              tensor.name() + " is " + tensor.type() + ", not a float type that is read");
    }
  }

  /**
   * Elements {@code start} to {@code start + count} as fp64; the type must be readable.
   *
   * @param target at least {@code count} long
   */
  public void toDoubles(StoredTensor tensor, long start, int count, double[] target) {
    int width = tensor.type().bytes();
    MemorySegment source = data.asSlice(tensor.begin() + start * width, (long) count * width);
    switch (tensor.type()) {
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target[i] = source.get(DOUBLE, 8L * i);
        }
      }
      case F32 -> {
        for (int i = 0; i < count; i++) {
          target[i] = source.get(FLOAT, 4L * i);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Float.float16ToFloat(source.get(SHORT, 2L * i));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[i] = Float.intBitsToFloat(source.get(SHORT, 2L * i) << 16);
        }
      }
      default ->
          throw new IllegalArgumentException(
              tensor.name() + " is " + tensor.type() + ", not a float type that is read");
    }
  }

  /** A tensor's bytes as they lie in the file. */
  public MemorySegment bytes(StoredTensor tensor) {
    return data.asSlice(tensor.begin(), tensor.end() - tensor.begin());
  }

  @Override
  public void close() {
    arena.close();
  }
}
