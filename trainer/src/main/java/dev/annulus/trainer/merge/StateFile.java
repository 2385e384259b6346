package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.SafetensorsLayout;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.StoredTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** The running tensors of one weight as a safetensors file. */
final class StateFile {
  /** Bytes that go through the heap's buffers at a time. */
  private static final long PIECE = 1 << 22;

  private StateFile() {}

  /**
   * Writes the file.
   *
   * @return the SHA-256 of its bytes
   */
  static String write(
      Path file,
      MergeTensor tensor,
      List<String> slots,
      List<RunningTensor> running,
      MergePrecision precision)
      throws IOException {
    List<SafetensorsLayout.Field> fields = new ArrayList<>();
    for (String slot : slots) {
      fields.add(new SafetensorsLayout.Field(slot, type(precision), tensor.shape()));
    }
    byte[] header = SafetensorsLayout.of(fields).header();
    MessageDigest digest = Hashes.digest();
    digest.update(header);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      writeFully(channel, ByteBuffer.wrap(header));
      for (RunningTensor part : running) {
        Hashes.update(digest, part.memory());
        for (long start = 0; start < part.memory().byteSize(); start += PIECE) {
          long length = Math.min(PIECE, part.memory().byteSize() - start);
          writeFully(channel, part.memory().asSlice(start, length).asByteBuffer());
        }
      }
    }
    return Hashes.hex(digest);
  }

  /** Reads the running tensors into memory. */
  static List<RunningTensor> read(
      Path file, MergeTensor tensor, List<String> slots, MergePrecision precision, Arena arena) {
    List<RunningTensor> running = new ArrayList<>();
    try (SafetensorsFile stored = SafetensorsFile.open(file)) {
      for (String slot : slots) {
        RunningTensor part = new RunningTensor(arena, precision, tensor.size());
        StoredTensor held = stored.tensors().get(slot);
        MemorySegment.copy(stored.bytes(held), 0, part.memory(), 0, part.memory().byteSize());
        running.add(part);
      }
    }
    return running;
  }

  static SafetensorsType type(MergePrecision precision) {
    return precision == MergePrecision.FLOAT32 ? SafetensorsType.F32 : SafetensorsType.F64;
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
