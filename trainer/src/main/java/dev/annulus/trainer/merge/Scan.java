package dev.annulus.trainer.merge;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the values of all tensors say before anything is merged.
 *
 * @param baseSha256 of the base's weights
 * @param models that are to be folded in: those that are in already are left out, if asked
 * @param tensors of each tensor the inner products of those models' task vectors, row-major
 */
record Scan(String baseSha256, List<Accepted> models, List<double[]> tensors) {
  /**
   * A model that is to be folded in.
   *
   * @param sha256 of its weights
   * @param norm of its task vector
   */
  record Accepted(MergeModel model, String sha256, double norm) {}

  /**
   * Reads everything.
   *
   * @throws InvalidInputException with every problem of the values
   */
  static Scan of(MergePlan plan, TensorWorkers workers) throws IOException {
    List<ScanTask> tasks = new ArrayList<>();
    for (int i = 0; i < plan.tensors().size(); i++) {
      tasks.add(
          new ScanTask(
              plan.tensors().get(i),
              plan.request().base().toString(),
              plan.request().models(),
              FolderMerge.stateFile(plan, i).orElse(null)));
    }
    List<ScanTask.Found> found = workers.run("check", tasks);
    List<Problem> problems = new ArrayList<>();
    checkFinite(plan, found, problems);
    checkState(plan, found, problems);
    Scan scan = accept(plan, found, problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return scan;
  }

  private static void checkFinite(
      MergePlan plan, List<ScanTask.Found> found, List<Problem> problems) {
    for (int folder = 0; folder <= plan.request().models().size(); folder++) {
      String path =
          folder == 0
              ? plan.request().base().toString()
              : plan.request().models().get(folder - 1).folder();
      for (int i = 0; i < found.size(); i++) {
        ScanTask.Content content = found.get(i).contents().get(folder);
        if (content.notFinite() > 0) {
          problems.add(
              new Problem(
                  path + " tensor " + plan.tensors().get(i).name(),
                  "%d numbers that are not finite, the first at %d"
                      .formatted(content.notFinite(), content.firstNotFinite()),
                  "finite numbers"));
        }
      }
    }
  }

  private static void checkState(
      MergePlan plan, List<ScanTask.Found> found, List<Problem> problems) {
    if (plan.state().isEmpty()) {
      return;
    }
    MergeState state = plan.state().get();
    String folder = plan.request().stateIn().orElseThrow().toString();
    String base = hash(plan, found, 0);
    if (!base.equals(state.baseSha256())) {
      problems.add(
          new Problem(
              folder,
              "the state of another base, " + state.base() + " with sha256 " + state.baseSha256(),
              "one of " + plan.request().base() + " with sha256 " + base));
    }
    for (int i = 0; i < found.size(); i++) {
      MergeState.Tensor tensor = state.tensors().get(i);
      if (!tensor.sha256().equals(found.get(i).stateSha256())) {
        problems.add(
            new Problem(
                folder + "/" + tensor.file(),
                "has another checksum than state.json says",
                "the running tensors of " + tensor.name() + " as they were written"));
      }
    }
  }

  private static Scan accept(MergePlan plan, List<ScanTask.Found> found, List<Problem> problems) {
    List<MergeModel> models = plan.request().models();
    int n = models.size();
    Map<String, String> seen = new HashMap<>();
    plan.state().ifPresent(state -> state.models().forEach(m -> seen.put(m.sha256(), m.name())));
    List<Accepted> accepted = new ArrayList<>();
    List<Integer> kept = new ArrayList<>();
    for (int m = 0; m < n; m++) {
      MergeModel model = models.get(m);
      String sha256 = hash(plan, found, m + 1);
      double squares = 0;
      for (ScanTask.Found tensor : found) {
        squares += tensor.products()[m * n + m];
      }
      String earlier = seen.putIfAbsent(sha256, model.name());
      if (squares == 0) {
        problems.add(
            new Problem(
                model.folder(),
                "is the base: every weight is equal",
                "a model that was fine-tuned from " + model.origin()));
      } else if (earlier != null && plan.request().seen() == MergeConfig.Seen.REFUSE) {
        problems.add(
            new Problem(
                model.folder(),
                "is in already, as " + earlier,
                "another model; or merge.seen: skip, which leaves it out, or repeat"));
      } else if (earlier == null || plan.request().seen() == MergeConfig.Seen.REPEAT) {
        accepted.add(new Accepted(model, sha256, Math.sqrt(squares)));
        kept.add(m);
      }
    }
    if (accepted.isEmpty() && plan.state().isEmpty() && problems.isEmpty()) {
      problems.add(new Problem("merge.models", "no model is left", "at least one to fold in"));
    }
    return new Scan(
        hash(plan, found, 0),
        accepted,
        found.stream().map(tensor -> products(tensor.products(), n, kept)).toList());
  }

  private static double[] products(double[] all, int n, List<Integer> kept) {
    double[] products = new double[kept.size() * kept.size()];
    for (int a = 0; a < kept.size(); a++) {
      for (int b = 0; b < kept.size(); b++) {
        products[a * kept.size() + b] = all[kept.get(a) * n + kept.get(b)];
      }
    }
    return products;
  }

  /** Of all tensors of a folder, however they lie in its files. */
  private static String hash(MergePlan plan, List<ScanTask.Found> found, int folder) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < found.size(); i++) {
      lines
          .append(plan.tensors().get(i).name())
          .append(' ')
          .append(found.get(i).contents().get(folder).sha256())
          .append('\n');
    }
    return Hashes.of(lines.toString());
  }
}
