package dev.annulus.trainer.checkpoint;

import dev.annulus.config.InvalidInputException;
import dev.annulus.trainer.model.ParameterLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What lies in the folder of a checkpoint: {@code model/} (a Hugging Face folder, fp32), {@code
 * optimizer/exp_avg*.safetensors} and {@code exp_avg_sq*.safetensors} (the {@linkplain MomentFiles
 * moments}), {@code state.json}.
 */
public final class CheckpointFiles {
  static final String MODEL = "model";
  static final String OPTIMIZER = "optimizer";
  static final String MEAN = "exp_avg";
  static final String VARIANCE = "exp_avg_sq";

  private CheckpointFiles() {}

  /** The folder with the weights. */
  public static Path model(Path checkpoint) {
    return checkpoint.resolve(MODEL);
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
   * Opens the first moments.
   *
   * @throws InvalidInputException if they are not those of the trainable tensors
   */
  public static MomentFiles mean(Path checkpoint, ParameterLayout trainable) {
    return MomentFiles.open(checkpoint.resolve(OPTIMIZER), MEAN, trainable);
  }

  /**
   * Opens the second moments.
   *
   * @throws InvalidInputException if they are not those of the trainable tensors
   */
  public static MomentFiles variance(Path checkpoint, ParameterLayout trainable) {
    return MomentFiles.open(checkpoint.resolve(OPTIMIZER), VARIANCE, trainable);
  }
}
