package dev.annulus.trainer.plan;

import dev.annulus.config.HalfFineTuningSettings.Mode;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.counting.CountingDevice;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.Link;
import dev.annulus.link.SilentLink;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.LocalRow;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.UnitGradients;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * What a rank of a ring holds in each stage: model, ring and optimiser of a run are made on a
 * device that counts, and go through one row a stage there, over a network in which nobody is.
 *
 * @param compute how activations are held
 * @param stages in order
 */
record MemoryMeasurement(MemoryPlan compute, List<HeldMemory> stages) {
  /**
   * Measures a rank.
   *
   * @param traits of the rank's device
   * @param rank in the first ring, the ranks of which hold the longest ranges of the moments
   */
  static MemoryMeasurement of(RunConfig config, LlamaConfig model, DeviceTraits traits, int rank) {
    int maxTokens = RunPlan.maxTokens(config);
    try (CountingDevice device = new CountingDevice(traits);
        DeviceArena arena = device.newArena();
        Link ring = new SilentLink(rank, config.parallel().context())) {
      MeasuredWeights weights = MeasuredWeights.allocate(config, model, device, arena, rank);
      MemoryPlan compute =
          MemoryPlan.of(
              config.device(),
              model,
              device,
              weights.toCome(),
              maxTokens,
              config.parallel().context(),
              RunPlan.hasBackward(config));
      try (RingAttention attention =
              new RingAttention(
                  device,
                  model.attentionShape(),
                  ring,
                  maxTokens,
                  config.device().mayCopyFromPeers());
          LlamaModel llama =
              weights.model(device, model, attention, maxTokens, compute.settings())) {
        long copies = weights.copyBytes(llama);
        Rank measured =
            new Rank(
                config.parallel(),
                rank,
                device,
                llama,
                weights,
                weights.masterBytes(),
                copies,
                device.heldBytes() - weights.masterBytes() - copies);
        List<HeldMemory> stages = new ArrayList<>();
        for (int index = 0; index < config.stages().size(); index++) {
          stages.add(measured.stage(config.stages().get(index), index, model));
        }
        return new MemoryMeasurement(compute, stages);
      }
    }
  }

  /** A rank whose model is there. */
  private record Rank(
      ParallelSettings parallel,
      int rank,
      CountingDevice device,
      LlamaModel llama,
      MeasuredWeights measured,
      long weights,
      long copies,
      long activations) {
    HeldMemory stage(StageSettings stage, int index, LlamaConfig model) {
      ParameterLayout trainable = StageFreeze.atMost(stage, index, model).trainable();
      if (stage.optimizer().name() == OptimizerSettings.Name.ZO_SGD) {
        return forwardOnly(stage, trainable);
      }
      HeldMemory training;
      try (DeviceArena arena = device.newArena();
          AdamWState optimizer =
              new AdamWState(device, ParameterRange.of(trainable, rank, parallel.world()))) {
        long before = device.heldBytes();
        UnitGradients gradients = measured.gradients(arena, model, trainable);
        long ofGradients = device.heldBytes() - before;
        runRow(stage, (row, plan) -> llama.forwardBackward(row, plan, 1, 1f, gradients));
        training = held(ofGradients, optimizer.bytes());
      }
      if (!stage.halfFineTuning().enabled() || stage.halfFineTuning().mode() != Mode.GREEDY) {
        return training;
      }
      // All gradients are looked at before the stage chooses.
      try (DeviceArena arena = device.newArena()) {
        HeldMemory probe =
            held(Parameters.allocate(arena, ParameterLayout.of(model)).flat().bytes(), 0);
        return probe.total() > training.total() ? probe : training;
      }
    }

    /** The trained weights are held unshifted. */
    private HeldMemory forwardOnly(StageSettings stage, ParameterLayout trainable) {
      try (DeviceArena arena = device.newArena()) {
        long unshifted = Parameters.allocate(arena, trainable).flat().bytes();
        runRow(stage, (row, plan) -> llama.forward(row, plan, 1));
        return held(copies + unshifted, 0, 0);
      }
    }

    private HeldMemory held(long gradients, long moments) {
      return held(copies, gradients, moments);
    }

    private HeldMemory held(long allCopies, long gradients, long moments) {
      long rest = device.heldBytes() - weights - allCopies - activations - gradients - moments;
      return new HeldMemory(
          weights, allCopies, gradients, moments, activations, rest, device.mirroredBytes());
    }

    /** A row that is one document makes a rank see all that it ever sees. */
    private void runRow(StageSettings stage, BiConsumer<LocalRow, RingSchedule> passes) {
      Documents documents = Documents.single(stage.sequenceLength());
      SequenceLayout layout = Layouts.of(parallel.layout(), documents, parallel.context());
      int[] positions = layout.positionsOf(rank);
      int[] ids = new int[positions.length];
      int[] lengths = new int[positions.length];
      float[] ones = new float[positions.length];
      Arrays.fill(lengths, stage.sequenceLength());
      Arrays.fill(ones, 1f);
      LocalRow row = new LocalRow(ids, ids, positions, ones, lengths);
      for (Route route : routes()) {
        RingSchedule plan = RingSchedule.of(layout, documents, route);
        passes.accept(row, plan);
      }
    }

    /** Where each row takes its own, the blocks of both are held in the end. */
    private List<Route> routes() {
      return switch (parallel.route()) {
        case AUTO -> List.of(Route.RING, Route.DIRECT);
        case RING -> List.of(Route.RING);
        case DIRECT -> List.of(Route.DIRECT);
      };
    }
  }
}
