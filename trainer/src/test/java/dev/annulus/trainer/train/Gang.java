package dev.annulus.trainer.train;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigWriter;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.device.Device;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.mesh.Mesh;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Runs all workers of a run as threads of this process. */
final class Gang {
  private RunConfig config;
  private final Path outputDir;
  private final IntFunction<PackedRows> rows;
  private IntFunction<PackedRows> heldOutRows =
      stage -> {
        throw new IllegalStateException("no held-out rows");
      };
  private StepListener listener = report -> {};
  private Optional<Tokenizer> tokenizer = Optional.empty();
  private Supplier<Device> device = CpuDevice::new;

  private UnaryOperator<CheckpointStore> store = UnaryOperator.identity();

  /** Steps that rank 0 reported. */
  final List<StepReport> reports = Collections.synchronizedList(new ArrayList<>());

  /** Notices of rank 0. */
  final List<String> notices = Collections.synchronizedList(new ArrayList<>());

  /** Bytes that all ranks sent together. */
  final AtomicLong bytesSent = new AtomicLong();

  Gang(TinyRun run, Path outputDir, IntFunction<PackedRows> rows) {
    this(run.config(outputDir.toString()), outputDir, rows);
  }

  Gang(RunConfig config, Path outputDir, IntFunction<PackedRows> rows) {
    this.config = config;
    this.outputDir = outputDir;
    this.rows = rows;
  }

  Gang heldOutRows(IntFunction<PackedRows> newRows) {
    this.heldOutRows = newRows;
    return this;
  }

  Gang listener(StepListener newListener) {
    this.listener = newListener;
    return this;
  }

  Gang tokenizer(Tokenizer newTokenizer) {
    this.tokenizer = Optional.of(newTokenizer);
    return this;
  }

  Gang device(Supplier<Device> newDevice) {
    this.device = newDevice;
    return this;
  }

  /** What each rank's store is replaced by. */
  Gang store(UnaryOperator<CheckpointStore> newStore) {
    this.store = newStore;
    return this;
  }

  /** Weights and gradients shared out over the ranks too. */
  Gang fullSharding() {
    ParallelSettings parallel = config.parallel();
    return parallel(
        new ParallelSettings(
            parallel.context(),
            parallel.data(),
            parallel.layout(),
            parallel.route(),
            ParallelSettings.Sharding.FULL,
            parallel.cost()));
  }

  /** How blocks of keys and values travel. */
  Gang route(ParallelSettings.Route route) {
    ParallelSettings parallel = config.parallel();
    return parallel(
        new ParallelSettings(
            parallel.context(),
            parallel.data(),
            parallel.layout(),
            route,
            parallel.sharding(),
            parallel.cost()));
  }

  private Gang parallel(ParallelSettings parallel) {
    this.config =
        new RunConfig(
            config.run(),
            config.model(),
            config.data(),
            config.evaluation(),
            parallel,
            config.device(),
            config.transport(),
            config.stages(),
            config.checkpoint(),
            config.spark());
    return this;
  }

  /** Activations in bf16: the device must compute in it. */
  Gang bfloat16() {
    this.config =
        new RunConfig(
            config.run(),
            config.model(),
            config.data(),
            config.evaluation(),
            config.parallel(),
            new DeviceSettings(DeviceSettings.Kind.CPU, DeviceSettings.Precision.BFLOAT16),
            config.transport(),
            config.stages(),
            config.checkpoint(),
            config.spark());
    return this;
  }

  /** As it will run. */
  RunConfig config() {
    return config;
  }

  /** All ranks' reports; throws what went wrong first, as it was thrown. */
  List<RunReport> run() throws Exception {
    Mesh mesh = new Mesh(config.parallel().context(), config.parallel().data());
    List<Link> links = InProcessNetwork.create(mesh.world(), Duration.ofSeconds(20), () -> false);
    try (ExecutorService threads = Executors.newFixedThreadPool(mesh.world())) {
      List<Future<RunReport>> futures = new ArrayList<>();
      for (int rank = 0; rank < mesh.world(); rank++) {
        futures.add(threads.submit(worker(rank, mesh, links.get(rank))));
      }
      List<RunReport> finished = new ArrayList<>();
      List<Exception> failures = new ArrayList<>();
      for (Future<RunReport> future : futures) {
        try {
          finished.add(future.get());
        } catch (ExecutionException e) {
          failures.add((Exception) e.getCause());
        }
      }
      // A worker whose peer left knows less than the one that left.
      for (Exception failure : failures) {
        if (!(failure instanceof LinkException)) {
          throw failure;
        }
      }
      if (!failures.isEmpty()) {
        throw failures.getFirst();
      }
      return finished;
    }
  }

  private Callable<RunReport> worker(int rank, Mesh mesh, Link link) {
    return () -> {
      try (Device mine = device.get();
          Link world = link) {
        RunReport report = new TrainingWorker(config, environment(rank, mesh, world, mine)).run();
        bytesSent.addAndGet(world.counters().bytesSent());
        return report;
      }
    };
  }

  private WorkerEnvironment environment(int rank, Mesh mesh, Link world, Device mine) {
    return new WorkerEnvironment(
        rank,
        mesh,
        world,
        mine,
        rows,
        heldOutRows,
        outputDir,
        config.model(),
        RunConfigWriter.write(config),
        store.apply(new LocalCheckpointStore(outputDir.resolve("checkpoints"))),
        tokenizer,
        new StepListener() {
          @Override
          public void onStep(StepReport report) {
            if (rank == 0) {
              reports.add(report);
            }
            listener.onStep(report);
          }

          @Override
          public void onNotice(String line) {
            notices.add(line);
          }
        },
        System::nanoTime,
        () -> false);
  }
}
