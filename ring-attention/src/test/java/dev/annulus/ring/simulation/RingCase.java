package dev.annulus.ring.simulation;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.Workers;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A small ring with random inputs, forward and backward.
 *
 * @param seed of documents and inputs
 */
record RingCase(AttentionShape shape, RingSchedule schedule, long seed) {
  /** A case for each number. */
  static RingCase of(long number) {
    SplittableRandom random = new SplittableRandom(number);
    int ranks = 2 + random.nextInt(4);
    int length = ranks + random.nextInt(40);
    Documents documents = documents(length, random);
    List<Layout> layouts = List.of(Layout.values());
    Layout layout = layouts.get((int) (number % layouts.size()));
    Route route = number / layouts.size() % 2 == 0 ? Route.RING : Route.DIRECT;
    return new RingCase(
        new AttentionShape(2, 1, 4),
        RingSchedule.of(Layouts.of(layout, documents, ranks), documents, route),
        number);
  }

  private static Documents documents(int length, SplittableRandom random) {
    List<Range> ranges = new ArrayList<>();
    boolean one = random.nextInt(3) == 0;
    for (int start = 0; start < length; ) {
      int end = one ? length : Math.min(length, start + 1 + random.nextInt(length));
      ranges.add(new Range(start, end));
      start = end + (random.nextInt(4) == 0 ? 1 : 0);
    }
    return new Documents(length, ranges);
  }

  int ranks() {
    return schedule.ranks();
  }

  /** What each rank gets from a ring whose ranks are threads that wait. */
  List<float[]> undisturbed() {
    return Workers.run(
        InProcessNetwork.create(ranks(), Duration.ofSeconds(30), () -> false),
        link -> {
          try (Rank rank = new Rank(link)) {
            rank.ring.forward(schedule, 3, rank.q, rank.k, rank.v, rank.out, rank.lse);
            rank.ring.backward(
                schedule, 3, rank.q, rank.k, rank.v, rank.out, rank.lse, rank.dOut, rank.dq,
                rank.dk, rank.dv);
            return rank.results();
          }
        });
  }

  /** One rank's end, with its memory. */
  final class Rank implements AutoCloseable {
    private final Device device = new ReferenceDevice();
    private final DeviceArena arena = device.newArena();
    private final RingAttention ring;
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final Tensor dOut;
    private final Tensor out;
    private final Tensor lse;
    private final Tensor dq;
    private final Tensor dk;
    private final Tensor dv;

    Rank(Link link) {
      int tokens = schedule.layout().tokensOf(link.rank());
      ring = new RingAttention(device, shape, link, schedule.layout().maxTokens());
      SplittableRandom random = new SplittableRandom(seed * 64 + link.rank());
      q = gaussian(random, tokens, shape.queryColumns());
      k = gaussian(random, tokens, shape.kvColumns());
      v = gaussian(random, tokens, shape.kvColumns());
      dOut = gaussian(random, tokens, shape.queryColumns());
      out = arena.allocate(tokens, shape.queryColumns());
      lse = arena.allocate(shape.queryHeads(), tokens);
      dq = arena.allocate(tokens, shape.queryColumns());
      dk = arena.allocate(tokens, shape.kvColumns());
      dv = arena.allocate(tokens, shape.kvColumns());
    }

    RankWork work(RankWork.Duration durationNs) {
      return new RankWork(
          List.of(
              () -> ring.forwardPass(schedule, 3, q, k, v, out, lse),
              () -> ring.backwardPass(schedule, 3, q, k, v, out, lse, dOut, dq, dk, dv)),
          durationNs);
    }

    /** One pass alone. */
    RankWork pass(boolean backward, RankWork.Duration durationNs) {
      return new RankWork(
          List.of(
              backward
                  ? () -> ring.backwardPass(schedule, 3, q, k, v, out, lse, dOut, dq, dk, dv)
                  : () -> ring.forwardPass(schedule, 3, q, k, v, out, lse)),
          durationNs);
    }

    float[] results() {
      List<Tensor> all = List.of(out, lse, dq, dk, dv);
      float[] values = new float[(int) all.stream().mapToLong(Tensor::size).sum()];
      int at = 0;
      for (Tensor tensor : all) {
        for (int i = 0; i < tensor.size(); i++) {
          values[at++] = tensor.getFloat(0, i);
        }
      }
      return values;
    }

    private Tensor gaussian(SplittableRandom random, int rows, int columns) {
      Tensor tensor = arena.allocate(rows, columns);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          tensor.setFloat(i, j, (float) random.nextGaussian());
        }
      }
      return tensor;
    }

    @Override
    public void close() {
      ring.close();
      arena.close();
      device.close();
    }
  }
}
