package dev.annulus.trainer.model;

import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.RowPart;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.cost.AssumedRates;
import dev.annulus.ring.cost.CostModel;
import dev.annulus.ring.cost.RouteChoice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Loss and gradients of rows on a ring of worker threads, each with a device of its own. */
public final class RingRun {
  private final Supplier<Device> devices;
  private final LlamaConfig config;
  private final Map<String, double[]> weights;
  private Layout layout = Layout.ZIGZAG;
  private ParallelSettings.Route route = ParallelSettings.Route.AUTO;
  private int ranks = 1;
  private float gradientScale = 1;
  private Predicate<String> trained = name -> true;
  private OptionalDouble ropeTheta = OptionalDouble.empty();
  private ComputeSettings settings = ComputeSettings.PLAIN;
  private OptionalInt chunk = OptionalInt.empty();

  public RingRun(Supplier<Device> devices, LlamaConfig config, Map<String, double[]> weights) {
    this.devices = devices;
    this.config = config;
    this.weights = weights;
  }

  /**
   * What a run gave.
   *
   * @param loss sum of weight * loss over all rows and ranks
   * @param forwardLoss the same from forward passes alone
   * @param losses of the last row, by global position
   * @param gradients summed over ranks
   */
  public record Result(
      double loss, double forwardLoss, float[] losses, Map<String, double[]> gradients) {}

  public RingRun ring(int newRanks, Layout newLayout) {
    ranks = newRanks;
    layout = newLayout;
    return this;
  }

  public RingRun route(ParallelSettings.Route newRoute) {
    route = newRoute;
    return this;
  }

  public RingRun gradientScale(float scale) {
    gradientScale = scale;
    return this;
  }

  public RingRun trained(Predicate<String> names) {
    trained = names;
    return this;
  }

  public RingRun compute(DataType type, Retention retention) {
    return compute(new ComputeSettings(type, retention));
  }

  public RingRun compute(ComputeSettings newSettings) {
    settings = newSettings;
    return this;
  }

  /** Tokens that are worked on at a time, if not as many as suit the device. */
  public RingRun chunk(int tokens) {
    chunk = OptionalInt.of(tokens);
    return this;
  }

  /** What {@link LlamaModel#setRopeTheta} is called with. */
  public RingRun ropeTheta(double theta) {
    ropeTheta = OptionalDouble.of(theta);
    return this;
  }

  /** Forward and backward of the rows, one behind the other. */
  public Result run(PackedRow... rows) throws Exception {
    AtomicBoolean cancelled = new AtomicBoolean();
    List<Link> links = InProcessNetwork.create(ranks, Duration.ofSeconds(60), cancelled::get);
    try (ExecutorService threads = Executors.newFixedThreadPool(ranks)) {
      List<Future<Result>> futures = new ArrayList<>();
      for (int rank = 0; rank < ranks; rank++) {
        Link link = links.get(rank);
        futures.add(
            threads.submit(
                () -> {
                  try (link) {
                    return worker(link, rows);
                  } catch (Exception | Error e) {
                    cancelled.set(true);
                    throw e;
                  }
                }));
      }
      return sum(futures, rows[rows.length - 1]);
    }
  }

  private Result sum(List<Future<Result>> futures, PackedRow last) throws Exception {
    double loss = 0;
    double forwardLoss = 0;
    float[] losses = new float[last.length()];
    Map<String, double[]> gradients = new LinkedHashMap<>();
    SequenceLayout places = Layouts.of(layout, documents(last), ranks);
    for (int rank = 0; rank < ranks; rank++) {
      Result result;
      try {
        result = futures.get(rank).get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("rank " + rank + " of " + ranks, e.getCause());
      }
      loss += result.loss;
      forwardLoss += result.forwardLoss;
      int[] positions = places.positionsOf(rank);
      for (int t = 0; t < positions.length; t++) {
        losses[positions[t]] = result.losses[t];
      }
      result.gradients.forEach(
          (name, values) -> {
            double[] total = gradients.computeIfAbsent(name, key -> new double[values.length]);
            for (int i = 0; i < values.length; i++) {
              total[i] += values[i];
            }
          });
    }
    return new Result(loss, forwardLoss, losses, gradients);
  }

  private Result worker(Link link, PackedRow... rows) {
    int maxTokens = 1;
    for (PackedRow row : rows) {
      maxTokens = Math.max(maxTokens, Layouts.maxTokens(layout, row.length(), ranks));
    }
    try (Device device = devices.get();
        DeviceArena arena = device.newArena();
        RingAttention attention =
            new RingAttention(device, config.attentionShape(), link, maxTokens)) {
      Parameters parameters = TinyModels.upload(config, weights, device, arena);
      Parameters gradients = Parameters.allocate(arena, parameters.layout().filter(trained));
      // What the first row must not read.
      device.kernels().fill(gradients.flat(), Float.NaN);
      double loss = 0;
      double forwardLoss = 0;
      try (LlamaModel model =
          new LlamaModel(
              device,
              config,
              parameters,
              attention,
              maxTokens,
              settings,
              chunk.orElse(TokenChunks.size(device.hasHostMemory())))) {
        ropeTheta.ifPresent(model::setRopeTheta);
        for (int step = 0; step < rows.length; step++) {
          Documents documents = documents(rows[step]);
          SequenceLayout places = Layouts.of(layout, documents, ranks);
          LocalRow row =
              LocalRow.of(RowPart.of(rows[step], whole -> places.positionsOf(link.rank())));
          RingSchedule schedule = new RouteChoice(route, cost(config)).plan(places, documents);
          forwardLoss += model.forward(row, schedule, step);
          if (settings.hasBackward()) {
            loss += model.forwardBackward(row, schedule, step, gradientScale, gradients, step > 0);
          }
        }
        return new Result(
            loss, forwardLoss, model.losses(), TinyModels.download(gradients, device));
      }
    }
  }

  private static CostModel cost(LlamaConfig config) {
    DeviceSettings device =
        new DeviceSettings(DeviceSettings.Kind.CPU, DeviceSettings.Precision.FLOAT32);
    return AssumedRates.of(CostSettings.DEFAULTS, device, config.attentionShape());
  }

  private static Documents documents(PackedRow row) {
    return Documents.ofSegmentIds(row.segmentIds());
  }
}
