package dev.annulus.trainer.merge;

import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.StoredTensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Whether a model can have been fine-tuned from a base: the same weights, by name and shape. */
final class ModelAgreement {
  /** What must be equal: another value is another function of the same weights. */
  private static final List<String> SAME =
      List.of(
          "model_type",
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "hidden_act",
          "rms_norm_eps",
          "tie_word_embeddings");

  /** What a stage of long-context training changes: the base's stands in the output. */
  private static final List<String> NOTED =
      List.of("rope_theta", "rope_scaling", "rope_parameters", "max_position_embeddings");

  private ModelAgreement() {}

  /** Everything in which the model is not the base's, but for the values of its weights. */
  static List<Problem> problems(ModelFolder base, ModelFolder model) {
    List<Problem> problems = new ArrayList<>();
    for (String key : differing(SAME, base, model)) {
      problems.add(
          new Problem(
              model.path() + "/config.json " + key,
              String.valueOf(model.config().get(key)),
              base.config().get(key) + ", as in " + base.path() + "/config.json"));
    }
    problems.addAll(Vocabulary.problems(base.path(), model.path()));
    Set<String> names = new LinkedHashSet<>(base.tensors().keySet());
    names.addAll(model.tensors().keySet());
    for (String name : names) {
      tensorProblem(name, base, model, problems);
    }
    return problems;
  }

  /** Differences that a merge survives, for people. */
  static List<String> notes(ModelFolder base, ModelFolder model) {
    return differing(NOTED, base, model).stream()
        .map(
            key ->
                "warning: %s has %s %s; the output has the base's %s"
                    .formatted(model.path(), key, model.config().get(key), base.config().get(key)))
        .toList();
  }

  /** The base's own types. */
  static List<Problem> typeProblems(ModelFolder folder) {
    return folder.tensors().values().stream()
        .filter(tensor -> !tensor.type().isReadable())
        .map(
            tensor ->
                new Problem(
                    folder.path() + " tensor " + tensor.name(),
                    tensor.type().name(),
                    "F32, BF16, F16 or F64"))
        .toList();
  }

  private static void tensorProblem(
      String name, ModelFolder base, ModelFolder model, List<Problem> problems) {
    StoredTensor expected = base.tensors().get(name);
    StoredTensor found = model.tensors().get(name);
    String place = model.path() + " tensor " + name;
    if (found == null) {
      problems.add(new Problem(place, "missing", "shape " + expected.shape() + ", as in the base"));
    } else if (expected == null) {
      problems.add(
          new Problem(
              place, found.type() + " " + found.shape(), "only the tensors of " + base.path()));
    } else if (!expected.shape().equals(found.shape())) {
      problems.add(
          new Problem(
              place,
              "shape " + found.shape(),
              "shape " + expected.shape() + ", as in " + base.path()));
    } else if (!found.type().isReadable()) {
      problems.add(new Problem(place, found.type().name(), "F32, BF16, F16 or F64"));
    }
  }

  /** Numbers are compared by value: 1 is 1.0. A key that only one has may be a default. */
  private static List<String> differing(List<String> keys, ModelFolder base, ModelFolder model) {
    return keys.stream()
        .filter(
            key -> {
              Object one = base.config().get(key);
              Object other = model.config().get(key);
              boolean sameNumber =
                  one instanceof Number a
                      && other instanceof Number b
                      && a.doubleValue() == b.doubleValue();
              return one != null && other != null && !sameNumber && !one.equals(other);
            })
        .toList();
  }
}
