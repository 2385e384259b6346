package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.cuda.GpuProperties;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.ring.cost.CostModel;
import dev.annulus.ring.cost.DeviceRates;
import dev.annulus.ring.cost.LinkRates;
import java.util.Locale;

/**
 * How much of one GPU's attention rate a ring over the GPUs of this host keeps, forward and
 * backward, against one GPU alone with the tokens of one worker in the same run; by copies from GPU
 * to GPU and through the host, and beside it what the cost model foretells from that one GPU's
 * rates and the link's. With more workers than GPUs several share one: that tries the way, and the
 * share says what sharing costs. Not a test: run it by hand.
 *
 * <pre>
 * GpuScalingBenchmark WORKERS TOKENS_A_WORKER dense|packed [GB_A_SECOND_BY_COPIES GB_A_SECOND_BY_HOST]
 * </pre>
 *
 * <p>Dense: one document, zigzag. Packed: documents of log-normal length (median an eighth of a
 * worker's tokens), mask-aware; alone: the first TOKENS_A_WORKER tokens of such documents.
 */
final class GpuScalingBenchmark {
  private static final AttentionShape SHAPE = new AttentionShape(32, 8, 128);
  private static final double SIGMA = 1.2;
  private static final int SEED = 3;

  /** Measured on an H100: bytes a second of adding one array to another. */
  private static final double MEMORY = 2.4e12;

  private GpuScalingBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    int workers = Integer.parseInt(arguments[0]);
    int tokens = Integer.parseInt(arguments[1]);
    boolean packed = arguments[2].equals("packed");
    int gpus = Math.min(workers, GpuProperties.all().size());
    System.out.printf(
        "%d workers on %d GPUs (%s), %,d tokens each, %s, %s, bf16%n",
        workers, gpus, GpuProperties.all().getFirst().name(), tokens, arguments[2], SHAPE);
    RingSchedule alone = plan(tokens, 1, packed);
    GpuRingTiming one = GpuRingTiming.measure(SHAPE, alone, 1, false);
    double forwardRate = rate(alone, one.forward(), 4);
    double backwardRate = rate(alone, one.backward(), 10);
    System.out.printf(
        Locale.ROOT,
        "one GPU alone: %.0f / %.0f TFLOP/s forward / backward%n",
        forwardRate / 1e12,
        backwardRate / 1e12);
    System.out.println(
        "| blocks | forward ms | kept | foretold | backward ms | kept | foretold | GB/s | waiting"
            + " |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    RingSchedule ring = plan(Math.multiplyExact(tokens, workers), workers, packed);
    for (boolean copies : new boolean[] {true, false}) {
      GpuRingTiming timing = GpuRingTiming.measure(SHAPE, ring, gpus, copies);
      int link = copies ? 3 : 4;
      CostModel cost =
          arguments.length > link && gpus == workers
              ? new CostModel(
                  new DeviceRates(forwardRate, backwardRate, MEMORY),
                  new LinkRates(1e9 * Double.parseDouble(arguments[link]), 20_000, 5_000),
                  SHAPE,
                  2,
                  4)
              : null;
      System.out.printf(
          Locale.ROOT,
          "| %s | %.2f | %.3f | %s | %.2f | %.3f | %s | %.2f | %.1f %% |%n",
          copies ? "copies (" + timing.peers() + " peers)" : "through the host",
          1e3 * timing.forward(),
          rate(ring, timing.forward(), 4) / gpus / forwardRate,
          cost == null ? "" : "%.3f".formatted(cost.forward(ring).rateKept()),
          1e3 * timing.backward(),
          rate(ring, timing.backward(), 10) / gpus / backwardRate,
          cost == null ? "" : "%.3f".formatted(cost.backward(ring).rateKept()),
          timing.bytesPerSecond() / 1e9,
          100 * timing.waitShare());
    }
  }

  private static RingSchedule plan(int tokens, int workers, boolean packed) {
    Documents documents =
        packed
            ? RowPatterns.logNormal(tokens, tokens / (8.0 * workers), SIGMA, SEED)
            : Documents.single(tokens);
    Layout layout = packed ? Layout.MASK_AWARE : Layout.ZIGZAG;
    return RingSchedule.of(Layouts.of(layout, documents, workers), documents, Route.RING);
  }

  /** FLOP a second of all workers together. */
  private static double rate(RingSchedule plan, double seconds, int flopOfPair) {
    double pairs = 0;
    for (int rank = 0; rank < plan.ranks(); rank++) {
      pairs += plan.area(rank);
    }
    return flopOfPair * pairs * SHAPE.queryColumns() / seconds;
  }
}
