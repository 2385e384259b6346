package dev.annulus.device.reference;

/** Negative log likelihood of a target under the softmax of a row, and the gradient of the row. */
public final class ReferenceCrossEntropy {
  private ReferenceCrossEntropy() {}

  /** log(sum(exp(row))) - row[target], of row {@code token} of logits [tokens, vocabulary]. */
  public static double loss(double[] logits, int vocabulary, int token, int target) {
    return logSumExp(logits, vocabulary, token) - logits[token * vocabulary + target];
  }

  /** softmax - onehot of row {@code token}, [vocabulary]. */
  public static double[] gradient(double[] logits, int vocabulary, int token, int target) {
    double total = logSumExp(logits, vocabulary, token);
    double[] gradient = new double[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      gradient[i] = Math.exp(logits[token * vocabulary + i] - total);
    }
    gradient[target] -= 1;
    return gradient;
  }

  private static double logSumExp(double[] logits, int vocabulary, int token) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      max = Math.max(max, logits[token * vocabulary + i]);
    }
    double sum = 0;
    for (int i = 0; i < vocabulary; i++) {
      sum += Math.exp(logits[token * vocabulary + i] - max);
    }
    return max + Math.log(sum);
  }
}
