package dev.annulus.trainer.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * How well a model predicts a set of documents, or a share of one.
 *
 * @param documents ascending by index
 * @param positions all their targets by position
 */
public record Evaluation(List<DocumentLoss> documents, PositionLosses positions)
    implements Serializable {
  public Evaluation {
    documents = List.copyOf(documents);
  }

  /** Shares of one set of documents as one. */
  public static Evaluation merge(Collection<Evaluation> shares) {
    List<DocumentLoss> documents = new ArrayList<>();
    PositionLosses positions = PositionLosses.empty();
    for (Evaluation share : shares) {
      documents.addAll(share.documents);
      positions = positions.plus(share.positions);
    }
    documents.sort(Comparator.comparingLong(DocumentLoss::index));
    return new Evaluation(documents, positions);
  }

  /** Number of targets. */
  public long targets() {
    return documents.stream().mapToLong(DocumentLoss::targets).sum();
  }

  /** Mean loss over all targets, however they lie over documents; NaN if there is none. */
  public double loss() {
    double sum = 0;
    for (DocumentLoss document : documents) {
      sum += document.lossSum();
    }
    return sum / targets();
  }
}
