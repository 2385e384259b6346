package dev.annulus.spark.quickstart;

import java.util.Collection;

/**
 * What a model that knows nothing but how often each token occurs would lose: the bar that learning
 * has to pass. Counts come from the training documents, with one added to each so that no token is
 * impossible.
 */
final class ByteFrequencies {
  private final double[] negativeLogProbability;

  /**
   * @param documents token ids
   * @param vocabularySize ids are below this
   */
  ByteFrequencies(Collection<int[]> documents, int vocabularySize) {
    long[] counts = new long[vocabularySize];
    long total = vocabularySize;
    for (int[] document : documents) {
      // The first token of a document is never a target.
      for (int i = 1; i < document.length; i++) {
        counts[document[i]]++;
        total++;
      }
    }
    negativeLogProbability = new double[vocabularySize];
    for (int id = 0; id < vocabularySize; id++) {
      negativeLogProbability[id] = Math.log((double) total) - Math.log(counts[id] + 1.0);
    }
  }

  /** Mean loss in nats over all targets of the documents. */
  double loss(Collection<int[]> documents) {
    double sum = 0;
    long targets = 0;
    for (int[] document : documents) {
      for (int i = 1; i < document.length; i++) {
        sum += negativeLogProbability[document[i]];
        targets++;
      }
    }
    return sum / targets;
  }
}
