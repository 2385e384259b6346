package dev.annulus.trainer.evaluate;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.device.Device;
import dev.annulus.trainer.model.CachedDecoder;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scores documents one by one on one device. Holds keys and values of the longest document so far
 * and activations of a few tokens, so a document may be much longer than a row of training.
 */
public final class Evaluator implements AutoCloseable {
  private final Device device;
  private final LlamaConfig config;
  private final Parameters weights;
  private final List<DocumentLoss> documents = new ArrayList<>();
  private PositionLosses positions = PositionLosses.empty();
  private CachedDecoder decoder;
  private int capacity;

  /**
   * An evaluator that has scored nothing.
   *
   * @param weights all of the model
   */
  public Evaluator(Device device, LlamaConfig config, Parameters weights) {
    this.device = device;
    this.config = config;
    this.weights = weights;
  }

  /**
   * Scores a document.
   *
   * @param index number of the document among all, over all workers
   * @param ids its tokens, with those that begin and end documents as the model was trained
   * @throws InvalidInputException if ids are outside the vocabulary; names the document
   */
  public DocumentLoss add(long index, int[] ids) {
    check(index, ids);
    DocumentLoss result = new DocumentLoss(index, 0, 0);
    if (ids.length > 1) {
      float[] losses =
          decoderFor(ids.length - 1)
              .score(Arrays.copyOf(ids, ids.length - 1), Arrays.copyOfRange(ids, 1, ids.length));
      double sum = 0;
      for (int t = 0; t < losses.length; t++) {
        sum += losses[t];
        positions.add(t, losses[t]);
      }
      result = new DocumentLoss(index, losses.length, sum);
    }
    documents.add(result);
    return result;
  }

  /** Everything scored so far. */
  public Evaluation result() {
    return Evaluation.merge(List.of(new Evaluation(documents, positions)));
  }

  private void check(long index, int[] ids) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        problems.add(
            new Problem(
                "document " + index + " token " + i,
                "id " + ids[i],
                "0 to " + (config.vocabSize() - 1) + ", the model's vocabulary"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private CachedDecoder decoderFor(int tokens) {
    if (tokens > capacity) {
      close();
      capacity = Math.max(CachedDecoder.CHUNK, Integer.highestOneBit(Math.max(1, tokens - 1)) * 2);
      decoder = new CachedDecoder(device, config, weights, capacity);
    }
    decoder.reset();
    return decoder;
  }

  @Override
  public void close() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
      capacity = 0;
    }
  }
}
