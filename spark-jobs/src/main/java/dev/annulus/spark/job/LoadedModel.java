package dev.annulus.spark.job;

import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;

/** A Hugging Face folder in a device's memory. */
record LoadedModel(LlamaConfig config, Parameters weights, DeviceArena arena)
    implements AutoCloseable {
  /**
   * Reads the whole model, wherever it lies.
   *
   * @throws dev.annulus.config.InvalidInputException with everything that is wrong with the folder
   */
  static LoadedModel read(String location, Configuration hadoop, Device device) {
    try (ModelCopy copy = ModelCopy.whole(location, hadoop)) {
      return read(copy.folder(), device);
    }
  }

  private static LoadedModel read(Path folder, Device device) {
    LlamaConfig config = HuggingFaceModel.readConfig(folder);
    DeviceArena arena = device.newArena();
    try {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      HuggingFaceModel.readWeights(folder, config, weights, device);
      return new LoadedModel(config, weights, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
