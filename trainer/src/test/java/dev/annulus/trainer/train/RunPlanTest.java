package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.ParallelSettings.Route;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.device.Device;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.RunPlan;
import dev.annulus.trainer.plan.StagePlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is planned is what a run then takes: bytes held and bytes sent. */
final class RunPlanTest {
  private static final int SHORT = 24;
  private static final int LONG = 56;
  private static final LlamaConfig MODEL = LlamaConfig.fromRunConfig(TinyRun.MODEL);

  @TempDir Path root;

  /** Rows that are one document each. */
  private static RowsInMemory rows(int length) {
    Random random = new Random(length);
    List<int[]> documents = new ArrayList<>();
    for (int row = 0; row < 6; row++) {
      documents.add(random.ints(length, 0, 31).toArray());
    }
    return new RowsInMemory(
        length,
        documents.stream().map(one -> RowsInMemory.pack(length, List.of(one), false)).toList());
  }

  private Gang gang(RunConfig config, Path folder) {
    return new Gang(config, folder, stage -> rows(config.stages().get(stage).sequenceLength()));
  }

  private static RunConfig with(
      RunConfig config, ParallelSettings parallel, DeviceSettings.Memory memory) {
    return new RunConfig(
        config.run(),
        config.model(),
        config.data(),
        config.evaluation(),
        parallel,
        new DeviceSettings(
            DeviceSettings.Kind.CPU, DeviceSettings.Precision.FLOAT32, memory, OptionalInt.empty()),
        config.transport(),
        config.stages(),
        config.checkpoint(),
        config.spark());
  }

  private static StageSettings half(StageSettings stage, HalfFineTuningSettings.Mode mode) {
    return new StageSettings(
        stage.name(),
        stage.sequenceLength(),
        stage.ropeTheta(),
        stage.steps(),
        stage.sequencesPerStep(),
        stage.learningRate(),
        stage.schedule(),
        stage.optimizer(),
        new HalfFineTuningSettings(true, 7, mode));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, ZIGZAG, AUTO, NONE",
    "2, 1, ZIGZAG, RING, NONE",
    "2, 2, ZIGZAG, DIRECT, SELECTIVE",
    "3, 1, CONTIGUOUS, RING, FULL",
    "4, 1, ZIGZAG, RING, FULL",
    "4, 1, CONTIGUOUS, DIRECT, NONE"
  })
  void aRunHoldsAndSendsWhatWasPlanned(
      int context, int data, Layout layout, Route route, DeviceSettings.Memory memory)
      throws Exception {
    TinyRun tiny =
        TinyRun.of(
            TinyRun.stage("short", SHORT, 2, 3),
            half(TinyRun.stage("long", LONG, 2, 1), HalfFineTuningSettings.Mode.RANDOM));
    RunConfig config =
        with(
            tiny.config(root.toString()),
            new ParallelSettings(context, data, layout, route),
            memory);
    RunPlan plan;
    try (Device device = new ReferenceDevice()) {
      plan = RunPlan.of(config, MODEL, DeviceTraits.of(device, 0));
      assertThat(device.peakBytes()).as("held by a plan").isZero();
    }
    Gang gang = gang(config, root).device(ReferenceDevice::new);
    gang.run();

    StepReport first = gang.reports.get(1);
    StepReport last = gang.reports.getLast();
    assertThat(plan.stages().get(0).memory().total()).isEqualTo(first.deviceBytesPeak());
    assertThat(plan.fullest().memory().total()).isEqualTo(last.deviceBytesPeak());
    assertThat(plan.stages().get(0).ringBytesPerStep()).isEqualTo(first.ringBytesSent());
    assertThat(plan.stages().get(1).ringBytesPerStep()).isEqualTo(last.ringBytesSent());
    assertThat(gang.notices).contains(plan.memoryLine());
  }

  @ParameterizedTest
  @CsvSource({"1, 1, RING", "2, 1, RING", "2, 2, DIRECT"})
  void aStageOfForwardPassesHoldsACopyOfTheTrainedWeightsAndNoMoments(
      int context, int data, Route route) throws Exception {
    StageSettings forward =
        forward(half(TinyRun.stage("only", LONG, 2, 2), HalfFineTuningSettings.Mode.RANDOM));
    RunConfig config =
        with(
            TinyRun.of(forward).config(root.toString()),
            new ParallelSettings(context, data, Layout.ZIGZAG, route),
            DeviceSettings.Memory.NONE);
    Gang gang = gang(config, root).device(ReferenceDevice::new);
    gang.run();
    try (Device device = new ReferenceDevice()) {
      StagePlan plan = RunPlan.of(config, MODEL, DeviceTraits.of(device, 0)).stages().getFirst();
      assertThat(plan.memory().total()).isEqualTo(gang.reports.getLast().deviceBytesPeak());
      assertThat(plan.memory().gradients() + plan.memory().moments()).isZero();
      assertThat((double) plan.memory().copies() / plan.memory().weights())
          .isEqualTo(plan.trainedShare(), within(0.05));
      assertThat(plan.ringBytesPerStep()).isEqualTo(gang.reports.getLast().ringBytesSent());
      assertThat(plan.reductionBytesPerStep()).isZero();
    }
  }

  private static StageSettings forward(StageSettings plain) {
    return new StageSettings(
        plain.name(),
        plain.sequenceLength(),
        plain.ropeTheta(),
        plain.steps(),
        plain.sequencesPerStep(),
        1e-4,
        plain.schedule(),
        OptimizerSettings.zerothOrder(1e-3, 0),
        plain.halfFineTuning());
  }

  @Test
  void forwardPassesAloneTrainWhereABackwardPassDoesNotFit() throws Exception {
    StageSettings plain = TinyRun.stage("only", LONG, 2, 2);
    ParallelSettings ring = new ParallelSettings(2, 1, Layout.ZIGZAG, Route.RING);
    RunConfig backward =
        with(TinyRun.of(plain).config(root.toString()), ring, DeviceSettings.Memory.AUTO);
    RunConfig forward =
        with(TinyRun.of(forward(plain)).config(root.toString()), ring, DeviceSettings.Memory.AUTO);
    long room;
    try (Device device = new ReferenceDevice()) {
      DeviceTraits unlimited = DeviceTraits.of(device, 0);
      long more = RunPlan.of(backward, MODEL, unlimited).fullest().memory().total();
      // A tenth more than is held, as a part of what there is counts as taken by others.
      long less = RunPlan.of(forward, MODEL, unlimited).fullest().memory().total();
      room = less + less / 10;
      assertThat(room).as("beside %s with gradients", more).isLessThan(more);
    }
    assertThatThrownBy(() -> RunPlan.of(backward, MODEL, small(room)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("device.memory");
    RunPlan plan = RunPlan.of(forward, MODEL, small(room));
    Gang gang = gang(forward, root).device(ReferenceDevice::new);
    gang.run();
    assertThat(gang.reports.getLast().deviceBytesPeak())
        .isEqualTo(plan.fullest().memory().total())
        .isLessThan(room);
  }

  private static DeviceTraits small(long bytes) {
    return new DeviceTraits("a device", true, true, bytes, Long.MAX_VALUE);
  }

  @Test
  void theCpuHoldsLittleMoreThanThat() throws Exception {
    RunConfig config =
        TinyRun.of(TinyRun.stage("only", LONG, 2, 1)).mesh(2, 1).config(root.toString());
    Gang gang = gang(config, root).device(CpuDevice::new);
    gang.run();
    try (Device device = new CpuDevice()) {
      RunPlan plan = RunPlan.of(config, MODEL, DeviceTraits.of(device, 0));
      long more = gang.reports.getLast().deviceBytesPeak() - plan.fullest().memory().total();
      assertThat(more).as("working memory of its kernels").isBetween(0L, 1L << 20);
    }
  }

  @Test
  void aStageThatLooksAtAllGradientsFirstIsPlannedAtItsMost() throws Exception {
    RunConfig config =
        TinyRun.of(half(TinyRun.stage("only", LONG, 2, 1), HalfFineTuningSettings.Mode.GREEDY))
            .config(root.toString());
    Gang gang = gang(config, root).device(ReferenceDevice::new);
    gang.run();
    try (Device device = new ReferenceDevice()) {
      StagePlan plan = RunPlan.of(config, MODEL, DeviceTraits.of(device, 0)).stages().getFirst();
      assertThat(plan.memory().total())
          .isGreaterThanOrEqualTo(gang.reports.getLast().deviceBytesPeak());
      assertThat(plan.trainedShare()).isBetween(0.4, 0.8);
    }
  }

  @Test
  void gradientsTravelTwiceRoundAllRanks() throws Exception {
    long three = bytesOf(3);
    long four = bytesOf(4);
    long planned;
    try (Device device = new ReferenceDevice()) {
      planned =
          RunPlan.of(reduced(3), MODEL, DeviceTraits.of(device, 0))
              .stages()
              .getFirst()
              .reductionBytesPerStep();
    }
    // Beside them only the numbers of the report travel.
    assertThat(four - three).isBetween(planned, planned + planned / 20);
  }

  private RunConfig reduced(int steps) {
    return TinyRun.of(TinyRun.stage("only", SHORT, steps, 3))
        .mesh(1, 3)
        .config(root.resolve("steps-" + steps).toString());
  }

  private long bytesOf(int steps) throws Exception {
    Gang gang = gang(reduced(steps), root.resolve("steps-" + steps));
    gang.run();
    return gang.bytesSent.get();
  }
}
