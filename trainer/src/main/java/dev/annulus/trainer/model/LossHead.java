package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * Final norm, projection to the vocabulary and cross-entropy, in chunks of tokens: normed rows and
 * logits of one chunk exist at a time, and the logits' gradient takes their place.
 */
final class LossHead {
  /** Elements of logits to hold at most, within the bounds of the chunk. */
  private static final int MAX_LOGITS = 1 << 24;

  private static final int MIN_CHUNK = 128;
  private static final int MAX_CHUNK = 1024;

  /** A GPU is full with chunks of this many times the size only. */
  private static final int GPU_FACTOR = 8;

  private final Kernels kernels;
  private final float eps;
  private final Tensor normed;
  private final Tensor inverseRms;

  /** Null if there is no backward pass. */
  private final Tensor dNormed;

  private final Tensor logits;

  LossHead(
      Device device,
      DeviceArena arena,
      LlamaConfig config,
      ComputeSettings settings,
      int maxTokens) {
    DataType type = settings.type();
    this.kernels = device.kernels();
    this.eps = (float) config.rmsNormEps();
    int chunk = Math.min(maxTokens, chunk(config.vocabSize(), device.hasHostMemory()));
    this.normed = arena.allocate(type, chunk, config.hiddenSize());
    this.inverseRms = arena.allocate(1, chunk);
    this.dNormed = settings.hasBackward() ? arena.allocate(type, chunk, config.hiddenSize()) : null;
    this.logits = arena.allocate(type, chunk, config.vocabSize());
  }

  /** The embedding table where it serves as the head too. */
  static String projectionName(LlamaConfig config) {
    return config.tieWordEmbeddings() ? ParameterNames.EMBEDDING : ParameterNames.HEAD;
  }

  /**
   * What the head computes with, or the gradients of it, of which those of frozen weights are null.
   *
   * @param norm [1, hidden], fp32
   * @param projection [vocabulary, hidden]
   */
  record Weights(Tensor norm, Tensor projection) {}

  /** Tokens whose logits are held at a time. */
  static int chunk(int vocabSize, boolean hostMemory) {
    int chunk = Math.clamp(MAX_LOGITS / vocabSize, MIN_CHUNK, MAX_CHUNK);
    return hostMemory ? chunk : GPU_FACTOR * chunk;
  }

  /** Fills the losses of {@code row} from the residual stream x [T, hidden]. */
  void forward(Weights w, Tensor x, RowTensors row) {
    forEachChunk(row, (from, to) -> losses(w, x, row, from, to, Float.NaN));
  }

  /**
   * Fills the losses, writes their gradient with respect to x, and adds those of the weights.
   * Chunks without targets add nothing.
   *
   * @param gradientScale every gradient is multiplied by it, beside the loss weights
   * @param d gradients of the weights
   * @param add false: they go over whatever {@code d} holds
   * @param dx like x
   */
  void forwardBackward(
      Weights w, Weights d, Tensor x, RowTensors row, float gradientScale, boolean add, Tensor dx) {
    kernels.fill(dx, 0f);
    if (!add && d.norm() != null) {
      kernels.fill(d.norm(), 0f);
    }
    int firstTarget = add ? 0 : firstChunkWithTargets(row);
    if (firstTarget < 0 && d.projection() != null) {
      kernels.fill(d.projection(), 0f);
    }
    forEachChunk(
        row,
        (from, to) -> {
          if (!losses(w, x, row, from, to, gradientScale)) {
            return;
          }
          Tensor dLogits = logits.rows(0, to - from);
          Tensor dNormedChunk = dNormed.rows(0, to - from);
          kernels.linearInputGradient(dLogits, w.projection(), dNormedChunk, false);
          if (d.projection() != null) {
            kernels.linearWeightGradient(
                dLogits, normed.rows(0, to - from), d.projection(), add || from > firstTarget);
          }
          kernels.rmsNormGradient(
              dNormedChunk,
              x.rows(from, to),
              w.norm(),
              Views.prefix(inverseRms, 1, to - from),
              dx.rows(from, to),
              d.norm());
        });
  }

  /** Its first token, or -1 if no token has a target. */
  private int firstChunkWithTargets(RowTensors row) {
    int chunk = Math.toIntExact(logits.rows());
    for (int from = 0; from < row.tokens(); from += chunk) {
      if (row.hasTargets(from, Math.min(row.tokens(), from + chunk))) {
        return from;
      }
    }
    return -1;
  }

  /** Losses of one chunk; false if it has no target, so that nothing was computed. */
  private boolean losses(
      Weights w, Tensor x, RowTensors row, int from, int to, float gradientScale) {
    if (!row.hasTargets(from, to)) {
      kernels.fill(row.losses(from, to), 0f);
      return false;
    }
    Tensor h = normed.rows(0, to - from);
    Tensor chunk = logits.rows(0, to - from);
    kernels.rmsNorm(x.rows(from, to), w.norm(), eps, h, Views.prefix(inverseRms, 1, to - from));
    kernels.linear(h, w.projection(), chunk);
    kernels.crossEntropy(
        chunk, row.targets(from, to), row.weights(from, to), row.losses(from, to), gradientScale);
    return true;
  }

  private void forEachChunk(RowTensors row, TokenChunks.Work work) {
    TokenChunks.forEach(row.tokens(), (int) logits.rows(), work);
  }
}
