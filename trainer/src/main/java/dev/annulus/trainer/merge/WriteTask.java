package dev.annulus.trainer.merge;

import dev.annulus.config.MergeMethodSettings;
import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.SafetensorsType;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Writes the merged weight, base + scale x task vector, to its place in a file that has its header
 * already.
 *
 * @param stateFile running tensors of this weight
 * @param file of the output
 * @param position first byte of the tensor in it
 */
record WriteTask(
    MergeTensor tensor,
    MergeMethodSettings settings,
    double scale,
    String base,
    String stateFile,
    String file,
    long position,
    SafetensorsType type)
    implements TensorTask<WriteTask.Written> {
  /**
   * What was written.
   *
   * @param notFinite numbers that the type cannot hold
   * @param changeSquares squared norm of merged less base, as written
   */
  record Written(long notFinite, double changeSquares) implements Serializable {}

  @Override
  public long bytes() {
    return tensor.size() * (2L * type.bytes() + 4);
  }

  @Override
  public Written run() throws IOException {
    MergeMethod method = MergeMethods.of(settings);
    try (OpenFolders folders = new OpenFolders();
        SafetensorsFile state = SafetensorsFile.open(Path.of(stateFile));
        FileChannel channel = FileChannel.open(Path.of(file), StandardOpenOption.WRITE)) {
      Elements from = folders.tensor(base, tensor.name());
      List<StoredElements> running =
          method.slots().stream()
              .map(slot -> new StoredElements(state, state.tensors().get(slot)))
              .toList();
      return write(from, new MergedVector(method, running), channel);
    }
  }

  private Written write(Elements from, MergedVector vector, FileChannel channel)
      throws IOException {
    double[] weights = new double[Elements.STRETCH];
    double[] change = new double[Elements.STRETCH];
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Elements.STRETCH * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    long notFinite = 0;
    double changeSquares = 0;
    for (long start = 0; start < tensor.size(); start += Elements.STRETCH) {
      int count = (int) Math.min(Elements.STRETCH, tensor.size() - start);
      from.read(start, weights, count);
      vector.read(start, change, count);
      bytes.clear();
      for (int i = 0; i < count; i++) {
        double merged = weights[i] + scale * change[i];
        double written = NumberFormat.put(merged, type, bytes);
        notFinite += Double.isFinite(written) ? 0 : 1;
        changeSquares += (written - weights[i]) * (written - weights[i]);
      }
      bytes.flip();
      long place = position + start * type.bytes();
      while (bytes.hasRemaining()) {
        place += channel.write(bytes, place);
      }
    }
    return new Written(notFinite, changeSquares);
  }
}
