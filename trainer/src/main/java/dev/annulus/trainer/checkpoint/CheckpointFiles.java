package dev.annulus.trainer.checkpoint;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.SafetensorsWriter;
import dev.annulus.trainer.huggingface.StoredTensor;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What lies in the folder of a checkpoint: {@code model/} (a Hugging Face folder, fp32), {@code
 * optimizer/exp_avg.safetensors} and {@code exp_avg_sq.safetensors} (the moments under the names of
 * their weights), {@code state.json}.
 */
public final class CheckpointFiles {
  private static final String MEAN = "optimizer/exp_avg.safetensors";
  private static final String VARIANCE = "optimizer/exp_avg_sq.safetensors";

  /** Elements that go to the device at a time. */
  private static final int CHUNK = 1 << 20;

  private CheckpointFiles() {}

  /** The folder with the weights. */
  public static Path model(Path checkpoint) {
    return checkpoint.resolve("model");
  }

  /** Writes everything into an empty folder. */
  public static void write(
      Path checkpoint,
      TrainingState state,
      LlamaConfig config,
      Parameters weights,
      AdamWState optimizer,
      Device device)
      throws IOException {
    try {
      HuggingFaceModel.write(model(checkpoint), config, weights, device);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Files.createDirectory(checkpoint.resolve("optimizer"));
    writeMoment(checkpoint.resolve(MEAN), optimizer.mean(), device);
    writeMoment(checkpoint.resolve(VARIANCE), optimizer.variance(), device);
    Files.write(checkpoint.resolve(TrainingState.FILE_NAME), state.toJson());
  }

  /**
   * Reads {@code state.json}.
   *
   * @throws InvalidInputException if it is not the state of a run
   */
  public static TrainingState readState(Path checkpoint) {
    Path file = checkpoint.resolve(TrainingState.FILE_NAME);
    try {
      return TrainingState.parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new InvalidInputException(file.toString(), "cannot be read", "the state of a run", e);
    }
  }

  /**
   * Reads the moments.
   *
   * @throws InvalidInputException with every tensor that the checkpoint has and the stage does not
   *     train, or the other way round, or that has another shape
   */
  public static void readOptimizer(Path checkpoint, AdamWState into, Device device) {
    readMoment(checkpoint.resolve(MEAN), into.mean(), device);
    readMoment(checkpoint.resolve(VARIANCE), into.variance(), device);
  }

  private static void writeMoment(Path file, Parameters moment, Device device) throws IOException {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (ParameterSpec spec : moment.layout().specs()) {
      entries.add(new SafetensorsWriter.Entry(spec.name(), spec.shape(), moment.get(spec)));
    }
    SafetensorsWriter.write(file, entries, device);
  }

  private static void readMoment(Path path, Parameters into, Device device) {
    try (SafetensorsFile file = SafetensorsFile.open(path);
        Arena arena = Arena.ofConfined()) {
      List<Problem> problems = mismatches(path, file, into);
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      MemorySegment host = arena.allocate(4L * CHUNK, 64);
      for (ParameterSpec spec : into.layout().specs()) {
        StoredTensor stored = file.tensors().get(spec.name());
        Tensor column = into.get(spec).reshape(spec.size(), 1);
        for (long start = 0; start < spec.size(); start += CHUNK) {
          int count = (int) Math.min(CHUNK, spec.size() - start);
          file.toFloats(stored, start, count, host);
          device.upload(host.asSlice(0, 4L * count), column.rows(start, start + count));
        }
      }
    }
  }

  private static List<Problem> mismatches(Path path, SafetensorsFile file, Parameters into) {
    List<Problem> problems = new ArrayList<>();
    for (ParameterSpec spec : into.layout().specs()) {
      StoredTensor stored = file.tensors().get(spec.name());
      if (stored == null) {
        problems.add(new Problem(path + " tensor " + spec.name(), "missing", "a trainable tensor"));
      } else if (!stored.shape().equals(spec.shape()) || !stored.type().isReadable()) {
        problems.add(
            new Problem(
                path + " tensor " + spec.name(),
                stored.type() + " " + stored.shape(),
                "F32 " + spec.shape()));
      }
    }
    for (String name : file.tensors().keySet()) {
      if (into.layout().find(name) == null) {
        problems.add(
            new Problem(
                path + " tensor " + name, "present", "only tensors that this stage trains"));
      }
    }
    return problems;
  }
}
