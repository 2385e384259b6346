package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.SafetensorsType;
import java.util.List;
import java.util.Map;

/**
 * What a merge costs, from shapes alone.
 *
 * @param readBytes of base, models and state, each as often as it is read
 * @param stateBytes that are written and read back
 * @param outputBytes of the merged weights
 * @param decompositions of matrices
 * @param decompositionFlops floating-point operations of them and of the products around them
 */
public record PlanSize(
    long readBytes,
    long stateBytes,
    long outputBytes,
    int decompositions,
    double decompositionFlops) {
  /** Operations of a symmetric eigenvalue problem of size n, by n cubed. */
  private static final double EIGEN = 9;

  static PlanSize of(
      MergeRequest request,
      List<MergeTensor> tensors,
      List<SafetensorsType> types,
      long baseBytes,
      Map<String, Long> bytesByFolder,
      boolean goesOn) {
    MergeMethod method = MergeMethods.of(request.method());
    long models = bytesByFolder.values().stream().mapToLong(Long::longValue).sum();
    int folds = request.models().size() - (goesOn ? 0 : 1);
    long state = 0;
    long output = 0;
    int decompositions = 0;
    double flops = 0;
    for (int i = 0; i < tensors.size(); i++) {
      MergeTensor tensor = tensors.get(i);
      state += tensor.size() * RunningTensor.bytes(request.dtype()) * method.slots().size();
      output += tensor.size() * types.get(i).bytes();
      if (method.decomposes() && tensor.role() == MergeTensor.Role.PROJECTED && folds > 0) {
        double q = Math.min(tensor.rows(), tensor.columns());
        decompositions += folds;
        flops += folds * (EIGEN * q * q * q + 5.0 * tensor.size() * q + 4 * q * q * q);
      }
    }
    // Once to check, once to fold, and the base once more to write.
    long read = 2 * models + 3 * baseBytes + state + (goesOn ? 2 * state : 0);
    return new PlanSize(read, state, output, decompositions, flops);
  }
}
