package dev.annulus.trainer.huggingface;

import dev.annulus.config.Problem;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether the tensors of a folder are those that its configuration asks for. */
final class WeightCheck {
  private final Path folder;
  private final LlamaConfig config;
  private final ParameterLayout layout;

  WeightCheck(Path folder, LlamaConfig config) {
    this.folder = folder;
    this.config = config;
    this.layout = ParameterLayout.of(config);
  }

  /** Everything that does not fit, missing tensors first. */
  List<Problem> problems(WeightFiles files) {
    List<Problem> problems = new ArrayList<>();
    for (ParameterSpec spec : layout.specs()) {
      WeightFiles.Located located = files.tensors().get(spec.name());
      if (located == null) {
        problems.add(
            new Problem(
                folder + " tensor " + spec.name(),
                "missing",
                "shape " + spec.shape() + ", as config.json says"));
      } else {
        check(spec, located, problems);
      }
    }
    files.tensors().forEach((name, located) -> checkKnown(name, located, problems));
    return problems;
  }

  private static void check(
      ParameterSpec spec, WeightFiles.Located located, List<Problem> problems) {
    String place = located.path() + " tensor " + spec.name();
    if (!located.tensor().shape().equals(spec.shape())) {
      problems.add(
          new Problem(
              place,
              "shape " + located.tensor().shape(),
              "shape " + spec.shape() + ", as config.json says"));
    }
    if (!located.tensor().type().isReadable()) {
      problems.add(new Problem(place, located.tensor().type().name(), "F32, BF16, F16 or F64"));
    }
  }

  private void checkKnown(String name, WeightFiles.Located located, List<Problem> problems) {
    if (layout.find(name) == null
        && !HuggingFaceModel.isKnownBuffer(name)
        && !HuggingFaceModel.isTiedHead(config, name)) {
      problems.add(
          new Problem(
              located.path() + " tensor " + name,
              located.tensor().type() + " " + located.tensor().shape(),
              "only tensors of the Llama that config.json describes"));
    }
  }
}
