package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.ModelSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.mesh.Mesh;
import dev.annulus.trainer.checkpoint.CheckpointCopy;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import dev.annulus.trainer.checkpoint.ModelTensors;
import dev.annulus.trainer.checkpoint.TrainingState;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the JVM has no room for a copy, the checkpoint is the same and training waits for it. */
class CheckpointWithoutMemoryTest {
  private static final LlamaConfig MODEL = LlamaConfig.fromRunConfig(TinyRun.MODEL);
  private static final TrainingState STATE =
      new TrainingState(
          TrainingState.FORMAT, 5, 0, "only", 5, 10, 1, null, null, List.of(), 1, 1, "any", null);

  private static MemorySegment noRoom(long bytes) {
    throw new OutOfMemoryError("Cannot reserve " + bytes + " bytes of direct buffer memory");
  }

  @TempDir Path root;

  private final List<String> notices = new ArrayList<>();

  @Test
  void theFilesAreThoseOfACopyAndWeightsMayChangeAtOnce() throws Exception {
    Path copied = root.resolve("copied");
    Path waited = root.resolve("waited");
    save(new LocalCheckpointStore(copied), bytes -> Arena.ofAuto().allocate(bytes, 64));
    assertThat(notices).isEmpty();
    save(new LocalCheckpointStore(waited), CheckpointWithoutMemoryTest::noRoom);
    assertThat(notices).singleElement().asString().contains("-XX:MaxDirectMemorySize");
    for (String file :
        List.of(
            "model/model.safetensors",
            "optimizer/exp_avg.safetensors",
            "optimizer/exp_avg_sq.safetensors",
            "manifest.json")) {
      assertThat(waited.resolve("step-00000005").resolve(file))
          .hasSameBinaryContentAs(copied.resolve("step-00000005").resolve(file));
    }
  }

  @Test
  void aDiskThatFailsIsOneErrorAfterTheNextStep() throws Exception {
    Path file = Files.writeString(root.resolve("a-file"), "no folder");
    CheckpointStore store =
        new PassingStore(new LocalCheckpointStore(file)) {
          @Override
          public void prepare(long step) {
            // As if the folder had been lost behind it.
          }

          @Override
          public void abandon(long step) {
            // There is none.
          }
        };
    assertThatThrownBy(() -> save(store, CheckpointWithoutMemoryTest::noRoom))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("checkpoint of step 5 could not be written");
  }

  private void save(CheckpointStore store, LongFunction<MemorySegment> allocator) {
    Link link = InProcessNetwork.create(1, Duration.ofSeconds(20), () -> false).getFirst();
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena();
        TensorCollectives world = new TensorCollectives(device, link);
        AdamWState optimizer = new AdamWState(device, ParameterLayout.of(MODEL));
        BackgroundCheckpoints checkpoints =
            new BackgroundCheckpoints(
                environment(link, device, store),
                world,
                2,
                new CheckpointCopy(device, 0, 1, allocator))) {
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(MODEL));
      Random random = new Random(3);
      for (ParameterSpec spec : weights.layout().specs()) {
        for (long i = 0; i < spec.size(); i++) {
          weights.get(spec).setFloat(0, i, random.nextFloat());
          optimizer.mean().setFloat(0, spec.offset() + i, random.nextFloat());
        }
      }
      checkpoints.begin(STATE, MODEL, ModelTensors.of(weights), optimizer);
      device.kernels().fill(weights.flat(), Float.NaN);
      device.kernels().fill(optimizer.mean(), Float.NaN);
      checkpoints.finish(6);
    }
  }

  private WorkerEnvironment environment(Link link, Device device, CheckpointStore store) {
    return new WorkerEnvironment(
        0,
        new Mesh(1, 1),
        link,
        device,
        stage -> {
          throw new IllegalStateException("no rows");
        },
        stage -> {
          throw new IllegalStateException("no rows");
        },
        root,
        new ModelSettings(Optional.empty(), Optional.empty(), Map.of()),
        "",
        store,
        Optional.empty(),
        new StepListener() {
          @Override
          public void onStep(StepReport report) {}

          @Override
          public void onNotice(String line) {
            notices.add(line);
          }
        },
        System::nanoTime,
        () -> false);
  }
}
