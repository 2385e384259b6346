package dev.annulus.trainer.merge;

import dev.annulus.config.MergeMethodSettings;
import dev.annulus.config.MergePrecision;
import java.io.IOException;
import java.io.Serializable;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Folds all models into the running tensors of one weight, one after the other, and writes them.
 *
 * @param before models that the state has
 * @param stateIn file to go on from, or null
 * @param stateOut file to write
 */
record FoldTask(
    MergeTensor tensor,
    MergeMethodSettings settings,
    MergePrecision precision,
    String base,
    List<MergeModel> models,
    int before,
    String stateIn,
    String stateOut)
    implements TensorTask<FoldTask.Folded> {
  FoldTask {
    models = new ArrayList<>(models);
  }

  /**
   * How one model went in.
   *
   * @param cosine between its task vector and what was merged before; 0 if there was nothing
   */
  record OfModel(double cosine, FoldFacts facts) implements Serializable {}

  /**
   * What came of it.
   *
   * @param models in their order
   * @param vectorSquares squared norm of the merged task vector
   * @param fileBytes of the state's file
   * @param sha256 of the state's file
   */
  record Folded(ArrayList<OfModel> models, double vectorSquares, long fileBytes, String sha256)
      implements Serializable {}

  @Override
  public long bytes() {
    // A decomposition costs far more than reading: with the smaller side as often as it is walked.
    long walks =
        MergeMethods.of(settings).decomposes() && tensor.role() == MergeTensor.Role.PROJECTED
            ? Math.min(tensor.rows(), tensor.columns())
            : 1;
    return tensor.size() * models.size() * walks;
  }

  @Override
  public Folded run() throws IOException {
    MergeMethod method = MergeMethods.of(settings);
    try (Arena arena = Arena.ofConfined();
        OpenFolders folders = new OpenFolders()) {
      List<RunningTensor> running = running(method, arena);
      ArrayList<OfModel> facts = new ArrayList<>();
      Elements from = folders.tensor(base, tensor.name());
      for (int i = 0; i < models.size(); i++) {
        Elements delta =
            new TaskVector(
                folders.tensor(models.get(i).folder(), tensor.name()),
                folders.tensor(models.get(i).origin(), tensor.name()));
        double cosine = new MergedVector(method, running).cosine(delta);
        FoldFacts fact = method.fold(new Fold(tensor, from, delta, running, precision, before + i));
        facts.add(new OfModel(cosine, fact));
      }
      double squares = new MergedVector(method, running).squares();
      Path file = Path.of(stateOut);
      String sha256 = StateFile.write(file, tensor, method.slots(), running, precision);
      return new Folded(facts, squares, Files.size(file), sha256);
    }
  }

  private List<RunningTensor> running(MergeMethod method, Arena arena) {
    if (stateIn != null) {
      return StateFile.read(Path.of(stateIn), tensor, method.slots(), precision, arena);
    }
    List<RunningTensor> zeros = new ArrayList<>();
    for (int slot = 0; slot < method.slots().size(); slot++) {
      zeros.add(new RunningTensor(arena, precision, tensor.size()));
    }
    return zeros;
  }
}
