package dev.annulus.trainer.merge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a merge did, tensor by tensor and as a whole. Norms are L2 over the elements meant.
 *
 * @param method name and parameters
 * @param models all that are in, those of earlier merges first
 * @param added how many of them this merge folded in, the last ones
 * @param meanNorm mean of the norms of the task vectors
 * @param vectorNorm norm of the merged task vector before scaling
 * @param scale it was multiplied with
 * @param lambda vectorNorm by meanNorm
 * @param changeNorm norm of merged less base, as written
 * @param cosines between the task vectors of the added models, [added][added]
 * @param tensors one entry a weight
 * @param seconds what took how long
 */
public record MergeReport(
    Map<String, Object> method,
    String baseSha256,
    List<Model> models,
    int added,
    double meanNorm,
    double vectorNorm,
    double scale,
    double lambda,
    double changeNorm,
    double[][] cosines,
    List<Tensor> tensors,
    Seconds seconds) {
  /** A model that is in. */
  public record Model(String name, String sha256, double norm) {}

  /** What took how long. */
  public record Seconds(double check, double fold, double write) {}

  /**
   * One weight.
   *
   * @param projected whether methods that know directions looked at it as a matrix
   * @param vectorNorm of its part of the merged task vector, before scaling
   * @param changeNorm of its merged weight less the base's
   * @param folds one an added model
   */
  public record Tensor(
      String name,
      List<Long> shape,
      boolean projected,
      double vectorNorm,
      double changeNorm,
      List<Fold> folds) {}

  /**
   * One model in one weight.
   *
   * @param norm of its task vector here
   * @param cosine between it and what was merged before
   * @param r leading directions that were protected; -1: none were looked at
   * @param removed share of its squared norm that was taken off
   */
  public record Fold(double norm, double cosine, int r, double removed) {}

  static MergeReport of(
      MergePlan plan,
      Scan scan,
      List<FoldTask.Folded> folded,
      List<WriteTask.Written> written,
      MergeState state,
      double scale,
      Seconds seconds) {
    int added = scan.models().size();
    double[] products = new double[added * added];
    List<Tensor> tensors = new ArrayList<>();
    double changeSquares = 0;
    for (int i = 0; i < folded.size(); i++) {
      double[] here = scan.tensors().get(i);
      List<Fold> folds = new ArrayList<>();
      for (int m = 0; m < added; m++) {
        folds.add(fold(here[m * added + m], folded.get(i).models().get(m)));
      }
      for (int p = 0; p < products.length; p++) {
        products[p] += here[p];
      }
      changeSquares += written.get(i).changeSquares();
      MergeTensor tensor = plan.tensors().get(i);
      tensors.add(
          new Tensor(
              tensor.name(),
              tensor.shape(),
              tensor.role() == MergeTensor.Role.PROJECTED,
              Math.sqrt(folded.get(i).vectorSquares()),
              Math.sqrt(written.get(i).changeSquares()),
              folds));
    }
    return new MergeReport(
        state.method(),
        state.baseSha256(),
        state.models().stream().map(m -> new Model(m.name(), m.sha256(), m.norm())).toList(),
        added,
        state.meanNorm(),
        state.vectorNorm(),
        scale,
        state.meanNorm() == 0 ? 0 : state.vectorNorm() / state.meanNorm(),
        Math.sqrt(changeSquares),
        cosines(products, added),
        tensors,
        seconds);
  }

  private static Fold fold(double squares, FoldTask.OfModel ofModel) {
    return new Fold(
        Math.sqrt(squares),
        ofModel.cosine(),
        ofModel.facts().directions(),
        squares == 0 ? 0 : ofModel.facts().removedSquares() / squares);
  }

  private static double[][] cosines(double[] products, int n) {
    double[][] cosines = new double[n][n];
    for (int a = 0; a < n; a++) {
      for (int b = 0; b < n; b++) {
        cosines[a][b] = products[a * n + b] / Math.sqrt(products[a * n + a] * products[b * n + b]);
      }
    }
    return cosines;
  }

  /** For scripts, in the order of the record. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("method", method);
    json.put("base_sha256", baseSha256);
    List<Map<String, Object>> all = new ArrayList<>();
    for (Model model : models) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", model.name());
      entry.put("sha256", model.sha256());
      entry.put("norm", model.norm());
      all.add(entry);
    }
    json.put("models", all);
    json.put("added", added);
    json.put("mean_norm", meanNorm);
    json.put("vector_norm", vectorNorm);
    json.put("lambda", lambda);
    json.put("scale", scale);
    json.put("change_norm", changeNorm);
    json.put("cosines", cosines);
    json.put(
        "seconds",
        Map.of("check", seconds.check(), "fold", seconds.fold(), "write", seconds.write()));
    json.put("tensors", tensors.stream().map(MergeReport::toJson).toList());
    return json;
  }

  private static Map<String, Object> toJson(Tensor tensor) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", tensor.name());
    json.put("shape", tensor.shape());
    json.put("projected", tensor.projected());
    json.put("vector_norm", tensor.vectorNorm());
    json.put("change_norm", tensor.changeNorm());
    List<Map<String, Object>> folds = new ArrayList<>();
    for (Fold fold : tensor.folds()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("norm", fold.norm());
      entry.put("cosine", fold.cosine());
      entry.put("r", fold.r() < 0 ? null : fold.r());
      entry.put("removed", fold.removed());
      folds.add(entry);
    }
    json.put("models", folds);
    return json;
  }
}
