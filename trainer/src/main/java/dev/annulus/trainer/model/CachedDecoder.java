package dev.annulus.trainer.model;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A Llama that reads one document from its beginning, a few tokens at a time, on one device, and
 * keeps the keys and values of what it has read. Holds activations of one block and one chunk of
 * tokens, so documents of any length that the cache has room for can be scored or continued.
 */
public final class CachedDecoder implements AutoCloseable {
  /** Tokens read at a time at most. */
  public static final int CHUNK = 256;

  /** Elements of logits to hold at most, within the bounds of the chunk. */
  private static final int MAX_LOGITS = 1 << 23;

  private final Kernels kernels;
  private final AttentionKernel attention;
  private final AttentionShape shape;
  private final LlamaConfig config;
  private final Parameters weights;
  private final int capacity;
  private final DeviceArena arena;
  private final HostStaging staging;
  private final TransformerBlock block;
  private final BlockActivations activations;
  private final RowTensors rowTensors;
  private final RotaryTable rope;
  private final Tensor logits;
  private final RopeFrequencies frequencies;
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private int position;

  /**
   * Takes the memory.
   *
   * @param weights all of the model
   * @param capacity tokens of the longest document
   */
  public CachedDecoder(Device device, LlamaConfig config, Parameters weights, int capacity) {
    this.kernels = device.kernels();
    this.attention = device.attention();
    this.shape = config.attentionShape();
    this.config = config;
    this.weights = weights;
    this.capacity = capacity;
    this.arena = device.newArena();
    int chunk =
        Math.min(capacity, Math.clamp(MAX_LOGITS / config.vocabSize(), Math.min(16, CHUNK), CHUNK));
    this.staging =
        new HostStaging(device, (long) chunk * Math.max(config.headDim(), config.vocabSize()));
    this.block = new TransformerBlock(kernels, config, chunk);
    this.activations = BlockActivations.allocate(arena, config, DataType.FLOAT32, chunk);
    this.rowTensors = new RowTensors(arena, chunk, config.vocabSize());
    this.rope = new RotaryTable(kernels, arena, config.headDim(), chunk);
    this.logits = arena.allocate(chunk, config.vocabSize());
    this.frequencies =
        RopeFrequencies.of(config.headDim(), config.ropeTheta(), config.ropeScaling());
    for (int layer = 0; layer < config.layers(); layer++) {
      keys.add(arena.allocate(capacity, shape.kvColumns()));
      values.add(arena.allocate(capacity, shape.kvColumns()));
    }
  }

  /** Forgets the document. */
  public void reset() {
    position = 0;
  }

  /**
   * Reads the next tokens of the document, which is taken to end with them: where rotary scaling
   * depends on its length, a token turns by the length that was known when it was read, as in
   * transformers.
   *
   * @return logits behind the last of them, for each id of the vocabulary
   * @throws dev.annulus.config.InvalidInputException if an id is not in the vocabulary
   */
  public float[] read(int[] ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException("no tokens to read");
    }
    Tensor last = null;
    int end = position + ids.length;
    for (int from = 0; from < ids.length; from += (int) logits.rows()) {
      int to = (int) Math.min(ids.length, from + logits.rows());
      int[] chunk = Arrays.copyOfRange(ids, from, to);
      last =
          hidden(chunk, new int[chunk.length], new float[chunk.length], end)
              .rows(to - from - 1, to - from);
    }
    Tensor behind = logits.rows(0, 1);
    kernels.linear(last, weights.get(LossHead.projectionName(config)), behind);
    return staging.download(behind);
  }

  /**
   * Reads the next tokens and says how likely each token was to be followed by the one behind it.
   * The document is taken to end with the last target.
   *
   * @param ids tokens to read
   * @param targets token behind each
   * @return negative log likelihoods of the targets
   * @throws dev.annulus.config.InvalidInputException if an id is not in the vocabulary
   */
  public float[] score(int[] ids, int[] targets) {
    float[] losses = new float[ids.length];
    int end = position + ids.length + 1;
    for (int from = 0; from < ids.length; from += (int) logits.rows()) {
      int to = (int) Math.min(ids.length, from + logits.rows());
      float[] ones = new float[to - from];
      Arrays.fill(ones, 1f);
      Tensor hidden =
          hidden(
              Arrays.copyOfRange(ids, from, to), Arrays.copyOfRange(targets, from, to), ones, end);
      Tensor chunk = logits.rows(0, to - from);
      kernels.linear(hidden, weights.get(LossHead.projectionName(config)), chunk);
      kernels.crossEntropy(
          chunk,
          rowTensors.targets(0, to - from),
          rowTensors.weights(0, to - from),
          rowTensors.losses(0, to - from),
          Float.NaN);
      System.arraycopy(
          staging.download(rowTensors.losses(0, to - from)), 0, losses, from, to - from);
    }
    return losses;
  }

  /**
   * One chunk through all blocks and the final norm, [T, hidden].
   *
   * @param documentTokens of the document as far as it is known, for scalings that depend on it
   */
  private Tensor hidden(int[] ids, int[] targets, float[] lossWeights, int documentTokens) {
    int tokens = ids.length;
    if (position + tokens > capacity) {
      throw new IllegalArgumentException(
          "document of " + (position + tokens) + " tokens in a cache of " + capacity);
    }
    int[] positions = new int[tokens];
    Arrays.setAll(positions, t -> position + t);
    int[] lengths = new int[tokens];
    Arrays.fill(lengths, documentTokens);
    rowTensors.load(new LocalRow(ids, targets, positions, lossWeights, lengths), staging);
    rope.load(frequencies, positions, lengths, staging);
    BlockActivations a = activations.view(tokens);
    kernels.embedding(weights.get(ParameterNames.EMBEDDING), rowTensors.ids(), a.input());
    for (int layer = 0; layer < config.layers(); layer++) {
      block.forward(BlockWeights.of(weights, layer), a, rope, cached(layer), a.input());
    }
    position += tokens;
    kernels.rmsNorm(
        a.input(),
        weights.get(ParameterNames.FINAL_NORM),
        (float) config.rmsNormEps(),
        a.tokenWise().normed().rows(0, tokens),
        Views.prefix(a.tokenWise().inputRms(), 1, tokens));
    return a.tokenWise().normed().rows(0, tokens);
  }

  /** Attention to all keys read so far in this layer and to the new ones. */
  private SelfAttention cached(int layer) {
    return (q, k, v, sum, out, lse) -> {
      int tokens = (int) q.rows();
      kernels.copy(k, keys.get(layer).rows(position, position + tokens));
      kernels.copy(v, values.get(layer).rows(position, position + tokens));
      int[] ends = new int[tokens];
      Arrays.setAll(ends, t -> position + t + 1);
      attention.forwardOnly(
          shape,
          q,
          keys.get(layer).rows(0, position + tokens),
          values.get(layer).rows(0, position + tokens),
          new VisibleKeys(new int[tokens], ends),
          sum,
          out,
          lse,
          kernels);
    };
  }

  @Override
  public void close() {
    staging.close();
    arena.close();
  }
}
