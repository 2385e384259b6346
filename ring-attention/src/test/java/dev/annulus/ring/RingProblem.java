package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.reference.ReferenceAttention;
import dev.annulus.device.Device;
import dev.annulus.layout.Documents;
import dev.annulus.link.Link;
import dev.annulus.link.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Attention of one row with random inputs: solved whole in double precision, and by a ring. Arrays
 * are of the whole row in global order; lse is [queryHeads, tokens].
 */
record RingProblem(
    AttentionShape shape, Documents documents, float[] q, float[] k, float[] v, float[] dOut) {

  /** What attention gives, forward and backward. */
  record Solution(double[] out, double[] lse, double[] dq, double[] dk, double[] dv) {
    /** Norm of the difference over the norm of the expected, over out and the three gradients. */
    double errorAgainst(Solution expected) {
      return Math.max(
          Math.max(error(out, expected.out), error(dq, expected.dq)),
          Math.max(error(dk, expected.dk), error(dv, expected.dv)));
    }

    boolean sameBits(Solution other) {
      return Arrays.equals(out, other.out)
          && Arrays.equals(lse, other.lse)
          && Arrays.equals(dq, other.dq)
          && Arrays.equals(dk, other.dk)
          && Arrays.equals(dv, other.dv);
    }

    /** Largest difference; infinite unless both see nothing in the same places. */
    double lseErrorAgainst(Solution expected) {
      double worst = 0;
      for (int i = 0; i < lse.length; i++) {
        if (lse[i] != expected.lse[i]) {
          double difference = Math.abs(lse[i] - expected.lse[i]);
          worst = difference <= worst ? worst : difference;
        }
      }
      return worst;
    }

    private static double error(double[] actual, double[] expected) {
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        norm += expected[i] * expected[i];
      }
      // Inputs are of size 1: where the exact result is nearly 0, what is left is their rounding.
      double floor = Math.max(4, Math.sqrt(expected.length) / 8);
      return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
    }
  }

  static RingProblem of(AttentionShape shape, Documents documents, long seed) {
    int tokens = documents.sequenceLength();
    SplittableRandom random = new SplittableRandom(seed);
    return new RingProblem(
        shape,
        documents,
        gaussian(random, tokens * shape.queryColumns()),
        gaussian(random, tokens * shape.kvColumns()),
        gaussian(random, tokens * shape.kvColumns()),
        gaussian(random, tokens * shape.queryColumns()));
  }

  /** In double precision, on one device, in one block. */
  Solution reference() {
    int[] positions = new int[documents.sequenceLength()];
    Arrays.setAll(positions, i -> i);
    VisibleKeys mask = VisibleKeys.between(positions, positions, documents.firstVisible());
    double[] queries = widened(q);
    double[] keys = widened(k);
    double[] values = widened(v);
    double[] gradient = widened(dOut);
    ReferenceAttention.Partial forward =
        ReferenceAttention.forward(shape, queries, keys, values, mask);
    double[] delta = ReferenceAttention.delta(shape, forward.out(), gradient);
    ReferenceAttention.Gradients backward =
        ReferenceAttention.backward(
            shape, queries, keys, values, mask, gradient, forward.lse(), delta);
    return new Solution(forward.out(), forward.lse(), backward.dq(), backward.dk(), backward.dv());
  }

  /** By a ring, {@code passes} times in a row, giving each. */
  List<Solution> solve(
      RingSchedule schedule, List<Link> links, Supplier<Device> devices, int passes) {
    List<List<Solution>> byRank =
        Workers.run(links, link -> solveRank(schedule, link, devices, passes));
    List<Solution> byPass = new ArrayList<>();
    for (int pass = 0; pass < passes; pass++) {
      int index = pass;
      byPass.add(gather(schedule, byRank.stream().map(own -> own.get(index)).toList()));
    }
    return byPass;
  }

  /** By a ring whose ranks may copy from each other, giving each pass. */
  List<Solution> solveByCopies(
      RingSchedule schedule, List<Link> links, IntFunction<Device> devices, int passes) {
    List<List<Solution>> byRank =
        Workers.run(
            links,
            link -> {
              List<Solution> solutions = new ArrayList<>();
              Device device = devices.apply(link.rank());
              try (RingRank own = new RingRank(this, schedule, link, device, true)) {
                for (int pass = 0; pass < passes; pass++) {
                  solutions.add(own.solve(pass));
                }
                own.checkCounters(link, passes, false);
              }
              return solutions;
            });
    List<Solution> byPass = new ArrayList<>();
    for (int pass = 0; pass < passes; pass++) {
      int index = pass;
      byPass.add(gather(schedule, byRank.stream().map(own -> own.get(index)).toList()));
    }
    return byPass;
  }

  /** By a ring that has solved another problem, of the same length and shape, just before. */
  Solution solveAfter(
      RingProblem other,
      RingSchedule otherSchedule,
      RingSchedule schedule,
      List<Link> links,
      Supplier<Device> devices) {
    List<Solution> byRank =
        Workers.run(
            links,
            link -> {
              try (RingRank before = new RingRank(other, otherSchedule, link, devices.get());
                  RingRank own = new RingRank(this, schedule, before)) {
                before.solve(0);
                return own.solve(1);
              }
            });
    return gather(schedule, byRank);
  }

  /** The same with all inputs but the output's gradient larger. */
  RingProblem times(float factor) {
    return new RingProblem(
        shape, documents, scaled(q, factor), scaled(k, factor), scaled(v, factor), dOut);
  }

  private static float[] scaled(float[] values, float factor) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      scaled[i] = values[i] * factor;
    }
    return scaled;
  }

  private List<Solution> solveRank(
      RingSchedule schedule, Link link, Supplier<Device> devices, int passes) {
    List<Solution> solutions = new ArrayList<>();
    try (RingRank own = new RingRank(this, schedule, link, devices.get())) {
      for (int pass = 0; pass < passes; pass++) {
        solutions.add(own.solve(pass));
      }
      own.checkCounters(link, passes);
    }
    return solutions;
  }

  /** The whole row, from what each rank has. */
  Solution gather(RingSchedule schedule, List<Solution> byRank) {
    int tokens = documents.sequenceLength();
    Solution whole =
        new Solution(
            new double[q.length],
            new double[shape.queryHeads() * tokens],
            new double[q.length],
            new double[k.length],
            new double[v.length]);
    for (int rank = 0; rank < byRank.size(); rank++) {
      int[] positions = schedule.layout().positionsOf(rank);
      Solution own = byRank.get(rank);
      gatherRows(own.out, positions, shape.queryColumns(), whole.out);
      gatherRows(own.dq, positions, shape.queryColumns(), whole.dq);
      gatherRows(own.dk, positions, shape.kvColumns(), whole.dk);
      gatherRows(own.dv, positions, shape.kvColumns(), whole.dv);
      for (int head = 0; head < shape.queryHeads(); head++) {
        for (int i = 0; i < positions.length; i++) {
          whole.lse[head * tokens + positions[i]] = own.lse[head * positions.length + i];
        }
      }
    }
    return whole;
  }

  private static void gatherRows(double[] own, int[] positions, int columns, double[] whole) {
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(own, i * columns, whole, positions[i] * columns, columns);
    }
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  private static float[] gaussian(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
