package dev.annulus.trainer.model;

import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import java.util.List;

/**
 * A Llama over one worker's share of packed rows: losses and gradients. The workers of a ring call
 * it together with the same row, schedule and step. All memory is taken once, for {@code maxTokens}
 * tokens, and holds what is retained of all blocks.
 */
public final class LlamaModel implements AutoCloseable {
  private final Kernels kernels;
  private final LlamaConfig config;
  private final UnitWeights unitWeights;
  private final List<ModelUnit> units;

  /** Null if the weights are shared out over the ranks. */
  private ModelWeights weights;

  private final ComputeSettings settings;
  private final RingAttention attention;
  private final int maxTokens;
  private final DeviceArena arena;
  private final HostStaging staging;
  private final TransformerBlock block;
  private final List<BlockActivations> activations;
  private final BackwardScratch scratch;
  private final RowTensors rowTensors;
  private final RotaryTable rope;
  private final Tensor output;
  private final LossHead head;

  /** Null if what is retained stays on the device. */
  private OffloadedBlocks offloaded;

  private RopeFrequencies frequencies;
  private LocalRow row;
  private float[] losses = {};

  /** A model in fp32 that keeps all activations. */
  public LlamaModel(
      Device device,
      LlamaConfig config,
      Parameters weights,
      RingAttention attention,
      int maxTokens) {
    this(device, config, weights, attention, maxTokens, ComputeSettings.PLAIN);
  }

  /**
   * A model that works on as many tokens at a time as suit the device.
   *
   * @param weights all of the model; read at each call, so that an optimiser can change them,
   *     {@link #weights both kinds} of them
   * @param attention of this worker's ring
   * @param maxTokens tokens this worker holds of a row at most
   */
  public LlamaModel(
      Device device,
      LlamaConfig config,
      Parameters weights,
      RingAttention attention,
      int maxTokens,
      ComputeSettings settings) {
    this(
        device,
        config,
        weights,
        attention,
        maxTokens,
        settings,
        TokenChunks.size(device.hasHostMemory()));
  }

  /**
   * A model whose weights are where somebody else has them.
   *
   * @param weights read at each pass
   */
  public LlamaModel(
      Device device,
      LlamaConfig config,
      UnitWeights weights,
      RingAttention attention,
      int maxTokens,
      ComputeSettings settings) {
    this(
        device,
        config,
        null,
        weights,
        attention,
        maxTokens,
        settings,
        TokenChunks.size(device.hasHostMemory()));
  }

  /**
   * Takes the memory.
   *
   * @param chunk tokens that are worked on at a time
   */
  LlamaModel(
      Device device,
      LlamaConfig config,
      Parameters weights,
      RingAttention attention,
      int maxTokens,
      ComputeSettings settings,
      int chunk) {
    this(device, config, weights, null, attention, maxTokens, settings, chunk);
  }

  /** Of the two kinds of weights one is null. */
  private LlamaModel(
      Device device,
      LlamaConfig config,
      Parameters master,
      UnitWeights shared,
      RingAttention attention,
      int maxTokens,
      ComputeSettings settings,
      int chunk) {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens " + maxTokens + ", expected at least 1");
    }
    if (!device.computesIn(settings.type())) {
      throw new IllegalArgumentException(
          "activations of " + settings.type() + " on " + device.describe());
    }
    this.kernels = device.kernels();
    this.config = config;
    this.settings = settings;
    this.attention = attention;
    this.maxTokens = maxTokens;
    this.units = ModelUnit.of(config);
    this.arena = device.newArena();
    this.staging = new HostStaging(device, Math.max(maxTokens, config.headDim()));
    try {
      if (shared == null) {
        this.weights = ModelWeights.of(master, settings.type(), arena, kernels);
        this.unitWeights = UnitWeights.whole(weights);
      } else {
        this.unitWeights = shared;
      }
      this.block = new TransformerBlock(kernels, config, chunk);
      this.activations =
          BlockActivations.allocate(arena, config, settings, maxTokens, chunk, config.layers());
      this.scratch = BackwardScratch.allocate(arena, config, activations.getFirst(), chunk);
      this.rowTensors = new RowTensors(arena, maxTokens, config.vocabSize());
      this.rope = new RotaryTable(kernels, arena, config.headDim(), maxTokens);
      // What goes to the host has left the block before the last when the last one ends.
      this.output =
          settings.offload() && config.layers() > 1
              ? activations.get(config.layers() - 2).input()
              : arena.allocate(settings.type(), maxTokens, config.hiddenSize());
      this.head = new LossHead(device, arena, config, settings.type(), maxTokens);
      this.offloaded =
          settings.offload()
              ? new OffloadedBlocks(device, activations, settings.retention())
              : null;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    setRopeTheta(config.ropeTheta());
  }

  /**
   * What an optimiser has to write.
   *
   * @throws IllegalStateException if the weights are shared out over the ranks
   */
  public ModelWeights weights() {
    if (weights == null) {
      throw new IllegalStateException("the weights are shared out over the ranks");
    }
    return weights;
  }

  /** Another base of the rotary embedding from the next row on, as stages may have. */
  public void setRopeTheta(double theta) {
    frequencies = RopeFrequencies.of(config.headDim(), theta, config.ropeScaling());
  }

  /**
   * The sum of weight * loss over this worker's tokens.
   *
   * @param schedule of the row that {@code row} is a share of
   * @param step named in errors of the ring
   */
  public double forward(LocalRow row, RingSchedule schedule, long step) {
    blocksForward(row, schedule, step, false);
    head.forward(headWeights(step), output.rows(0, row.tokens()), rowTensors);
    return finish();
  }

  /**
   * The same, and adds the gradient of gradientScale * (that sum over the whole ring) to {@code
   * gradients}: each worker its tokens' share, to be summed over workers.
   *
   * @param gradients tensors missing in it are frozen: nothing is computed for them
   */
  public double forwardBackward(
      LocalRow row, RingSchedule schedule, long step, float gradientScale, Parameters gradients) {
    return forwardBackward(row, schedule, step, gradientScale, gradients, true);
  }

  /**
   * The same.
   *
   * @param add false for the first row of a step: its gradients go over whatever {@code gradients}
   *     holds, which saves filling and reading that
   */
  public double forwardBackward(
      LocalRow row,
      RingSchedule schedule,
      long step,
      float gradientScale,
      Parameters gradients,
      boolean add) {
    boolean over = !add && row.tokens() > 0;
    if (!add && !over) {
      kernels.fill(gradients.flat(), 0f); // no product will
    }
    return forwardBackward(
        row, schedule, step, gradientScale, UnitGradients.whole(gradients), !over);
  }

  /** The same, with gradients that are taken away unit by unit. */
  public double forwardBackward(
      LocalRow row,
      RingSchedule schedule,
      long step,
      float gradientScale,
      UnitGradients gradients) {
    return forwardBackward(row, schedule, step, gradientScale, gradients, true);
  }

  private double forwardBackward(
      LocalRow row,
      RingSchedule schedule,
      long step,
      float gradientScale,
      UnitGradients gradients,
      boolean add) {
    blocksForward(row, schedule, step, true);
    BackwardScratch s = scratch.view(row.tokens());
    ModelUnit embedding = units.getFirst();
    ModelUnit last = units.getLast();
    ModelUnit projection = config.tieWordEmbeddings() ? embedding : last;
    head.forwardBackward(
        headWeights(step),
        new LossHead.Weights(
            gradients.of(last).find(ParameterNames.FINAL_NORM),
            gradients.of(projection).find(LossHead.projectionName(config))),
        output.rows(0, row.tokens()),
        rowTensors,
        gradientScale,
        add,
        s.dResidual());
    gradients.done(last, step);
    SelfAttention.Gradient attentionGradient =
        (q, k, v, out, lse, dOut, dq, dk, dv) ->
            attention.backward(schedule, step, q, k, v, out, lse, dOut, dq, dk, dv);
    for (int layer = config.layers() - 1; layer >= 0; layer--) {
      if (offloaded != null) {
        offloaded.beforeBackward(layer, row.tokens());
      }
      ModelUnit unit = units.get(1 + layer);
      BlockWeights w = unitWeights.of(unit, step).block(layer);
      restore(layer, w, schedule, step);
      block.backward(
          w,
          BlockWeights.of(gradients.of(unit), layer),
          activations.get(layer).view(row.tokens()),
          rope,
          attentionGradient,
          s,
          add);
      gradients.done(unit, step);
    }
    Tensor dEmbedding = gradients.of(embedding).find(ParameterNames.EMBEDDING);
    if (dEmbedding != null) {
      if (!add && !config.tieWordEmbeddings()) {
        kernels.fill(dEmbedding, 0f);
      }
      kernels.embeddingGradient(s.dResidual(), rowTensors.ids(), dEmbedding);
    }
    gradients.done(embedding, step);
    return finish();
  }

  /**
   * Takes part in the collectives of a forward pass that other rings make, in its order, where this
   * one has no row.
   */
  public void accompany(long step) {
    for (ModelUnit unit : units) {
      unitWeights.of(unit, step);
    }
  }

  /** The same for {@link #forwardBackward}; adds nothing to the gradients. */
  public void accompany(long step, UnitGradients gradients) {
    accompany(step);
    gradients.of(units.getLast());
    gradients.done(units.getLast(), step);
    for (ModelUnit unit : units.subList(1, units.size() - 1).reversed()) {
      unitWeights.of(unit, step);
      gradients.of(unit);
      gradients.done(unit, step);
    }
    gradients.of(units.getFirst());
    gradients.done(units.getFirst(), step);
  }

  private LossHead.Weights headWeights(long step) {
    ModelWeights ofHead = unitWeights.of(units.getLast(), step);
    ModelWeights ofProjection =
        config.tieWordEmbeddings() ? unitWeights.of(units.getFirst(), step) : ofHead;
    return new LossHead.Weights(
        ofHead.norm(ParameterNames.FINAL_NORM),
        ofProjection.matrix(LossHead.projectionName(config)));
  }

  /** Brings back what later blocks have overwritten; the last block's is still there. */
  private void restore(int layer, BlockWeights w, RingSchedule schedule, long step) {
    if (settings.retention() == Retention.EVERYTHING || layer == config.layers() - 1) {
      return;
    }
    SelfAttention again =
        settings.retention() == Retention.ATTENTION
            ? null
            : (q, k, v, sum, out, lse) -> attention.forward(schedule, step, q, k, v, sum, out, lse);
    block.restore(w, activations.get(layer).view(row.tokens()), rope, again);
  }

  /** Losses of the last row's tokens, unweighted; 0 where the weight is 0. */
  public float[] losses() {
    return losses.clone();
  }

  private void blocksForward(
      LocalRow newRow, RingSchedule schedule, long step, boolean backwardFollows) {
    row = newRow;
    int tokens = row.tokens();
    if (tokens > maxTokens) {
      throw new IllegalArgumentException(
          "row of " + tokens + " tokens, memory was taken for " + maxTokens);
    }
    rowTensors.load(row, staging);
    rope.load(frequencies, row.positionIds(), row.documentTokens(), staging);
    kernels.embedding(
        unitWeights.of(units.getFirst(), step).matrix(ParameterNames.EMBEDDING),
        rowTensors.ids(),
        residual(0, tokens));
    for (int layer = 0; layer < config.layers(); layer++) {
      if (offloaded != null && backwardFollows) {
        offloaded.beforeForward(layer, tokens);
      }
      block.forward(
          unitWeights.of(units.get(1 + layer), step).block(layer),
          activations.get(layer).view(tokens),
          rope,
          (q, k, v, sum, out, lse) -> attention.forward(schedule, step, q, k, v, sum, out, lse),
          residual(layer + 1, tokens));
    }
  }

  /** The residual stream before block {@code layer}, or behind the last one. */
  private Tensor residual(int layer, int tokens) {
    Tensor memory = layer < config.layers() ? activations.get(layer).input() : output;
    return memory.rows(0, tokens);
  }

  private double finish() {
    losses = staging.download(rowTensors.losses(0, row.tokens()));
    double sum = 0;
    for (int t = 0; t < losses.length; t++) {
      sum += (double) row.lossWeights()[t] * losses[t];
    }
    return sum;
  }

  @Override
  public void close() {
    if (offloaded != null) {
      offloaded.close();
      offloaded = null;
    }
    staging.close();
    arena.close();
  }
}
