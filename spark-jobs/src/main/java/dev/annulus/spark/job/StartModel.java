package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageMergeSettings;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.train.ModelSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/** What a run starts from, as the driver sees it. */
public final class StartModel {
  private StartModel() {}

  /**
   * The model's configuration, checked against the tokeniser.
   *
   * @throws dev.annulus.config.InvalidInputException with everything that is wrong with it
   */
  static LlamaConfig config(RunConfig run) {
    Configuration hadoop = HadoopSettings.before(run.spark());
    Optional<Tokenizer> tokenizer =
        run.model().tokenizer().map(location -> ModelCopy.tokenizer(location, hadoop).open());
    try {
      if (run.model().path().isEmpty()) {
        return new ModelSource(run.model(), tokenizer).config();
      }
      try (ModelCopy model = ModelCopy.outline(run.model().path().get(), hadoop)) {
        return new ModelSource(model.in(run.model()), tokenizer).config();
      }
    } finally {
      tokenizer.ifPresent(Tokenizer::close);
    }
  }

  /**
   * Looks at the folder that a new run starts from, so that nothing is packed for a model that
   * cannot be read. A run that goes on from a checkpoint does not need its weights.
   *
   * @throws dev.annulus.config.InvalidInputException with everything that is wrong with it
   */
  static void check(RunConfig run) {
    if (run.model().path().isPresent() && !goesOn(run)) {
      Configuration hadoop = HadoopSettings.before(run.spark());
      try (ModelCopy model = ModelCopy.outline(run.model().path().get(), hadoop)) {
        HuggingFaceModel.check(model.folder());
      }
    }
    checkMerged(run);
  }

  private static boolean goesOn(RunConfig run) {
    String location = run.run().outputDir();
    return Location.isRemote(location)
        ? !RunOutput.checkpoints(run).steps().isEmpty()
        : Files.isDirectory(Location.local(location).resolve("checkpoints"));
  }

  /** The models that stages fold in: found out before the first of them was trained for it. */
  private static void checkMerged(RunConfig run) {
    if (run.stages().stream().allMatch(stage -> stage.merge().isEmpty())) {
      return;
    }
    List<Problem> problems = new ArrayList<>();
    List<ParameterSpec> expected = ParameterLayout.of(config(run)).specs();
    for (int stage = 0; stage < run.stages().size(); stage++) {
      List<String> folders =
          run.stages().get(stage).merge().map(StageMergeSettings::with).orElse(List.of());
      for (int i = 0; i < folders.size(); i++) {
        try {
          LlamaConfig found = HuggingFaceModel.check(Path.of(folders.get(i)));
          if (!ParameterLayout.of(found).specs().equals(expected)) {
            problems.add(
                new Problem(
                    "stages." + stage + ".merge.with." + i,
                    folders.get(i) + ", whose weights have other names or shapes",
                    "a model that was fine-tuned from what the run's merges start from"));
          }
        } catch (InvalidInputException e) {
          problems.addAll(e.problems());
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** Writes the weights that a run starts with, and returns their folder. */
  public static Path write(RunConfig run, Path folder) {
    LlamaConfig config = config(run);
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena()) {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      new ModelSource(run.model(), Optional.empty())
          .fill(weights, config, run.run().seed(), device);
      HuggingFaceModel.write(folder, config, weights, device);
    }
    return folder;
  }
}
