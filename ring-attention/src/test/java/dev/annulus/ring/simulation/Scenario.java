package dev.annulus.ring.simulation;

import dev.annulus.link.Link;
import dev.annulus.link.simulated.SimulatedNetwork;
import dev.annulus.link.simulated.StreamConditions;
import dev.annulus.link.simulated.WireConditions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A ring and all that befalls it, drawn from a seed.
 *
 * @param survivable whether it must end exactly, whatever the details
 */
record Scenario(
    long seed,
    RingCase ring,
    WireConditions wire,
    StreamConditions streams,
    List<Fault> faults,
    boolean survivable) {
  static final int CASES = 48;
  private static final long TIMEOUT_NS = 60_000_000;
  private static final long RESEND_NS = 250_000;
  private static final int ATTEMPTS = 16;

  static Scenario of(long seed) {
    SplittableRandom random = new SplittableRandom(seed ^ 0x5EED);
    RingCase ring = RingCase.of(seed % CASES);
    boolean hidden = random.nextInt(12) == 0;
    StreamConditions streams =
        new StreamConditions(
            16 + random.nextInt(200),
            1 + random.nextInt(8),
            random.nextBoolean(),
            10_000,
            RESEND_NS,
            ATTEMPTS,
            TIMEOUT_NS,
            random.nextInt(3) == 0 ? 0.2 : 0,
            hidden ? 0.02 : 0);
    List<Fault> faults = new ArrayList<>();
    for (int count = random.nextInt(3); count > 0; count--) {
      faults.add(fault(ring, streams, random));
    }
    boolean survivable = !hidden && faults.stream().allMatch(fault -> isHarmless(fault, streams));
    return new Scenario(seed, ring, wire(random), streams, faults, survivable);
  }

  private static WireConditions wire(SplittableRandom random) {
    double[] shares = new double[3];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = random.nextInt(2) * random.nextDouble() * 0.08;
    }
    return new WireConditions(
        Math.pow(10, 7 + 2 * random.nextDouble()),
        random.nextInt(30_000),
        (long) random.nextInt(2) * random.nextInt(60_000),
        shares[0],
        shares[1],
        shares[2]);
  }

  private static Fault fault(RingCase ring, StreamConditions streams, SplittableRandom random) {
    Fault.Kind kind =
        switch (random.nextInt(6)) {
          case 0 -> Fault.Kind.DIES;
          case 1, 2, 3 -> Fault.Kind.FREEZES;
          default -> Fault.Kind.HANGS;
        };
    // Short ones are harmless, long ones are not, and some lie at the edge.
    long limitNs = kind == Fault.Kind.HANGS ? TIMEOUT_NS : streams.livenessNs();
    long durationNs = (long) (limitNs * (random.nextBoolean() ? 0.3 : 1.6) * random.nextDouble());
    return new Fault(kind, random.nextInt(ring.ranks()), random.nextLong(4_000_000), durationNs);
  }

  /** Also when two of them come one after the other. */
  private static boolean isHarmless(Fault fault, StreamConditions streams) {
    return switch (fault.kind()) {
      case DIES -> false;
      case FREEZES -> fault.durationNs() < streams.livenessNs() / 3;
      case HANGS -> fault.durationNs() < TIMEOUT_NS / 3;
    };
  }

  /** How it ended: the ends and, of ranks that finished, the results, by rank. */
  record Outcome(List<RankEnd> ends, List<float[]> results, long digest) {}

  /**
   * Plays it.
   *
   * @param lines is told each event; null if nobody wants to read
   */
  Outcome play(Consumer<String> lines) {
    SimulatedNetwork network = new SimulatedNetwork(ring.ranks(), wire, streams, seed, lines);
    SplittableRandom random = new SplittableRandom(seed + 1);
    List<RingCase.Rank> ranks = new ArrayList<>();
    try {
      List<RankWork> work = new ArrayList<>();
      for (Link link : network.links()) {
        RingCase.Rank rank = ring.new Rank(link);
        ranks.add(rank);
        work.add(rank.work((pass, step) -> random.nextLong(120_000)));
      }
      List<RankEnd> ends = SimulatedRing.run(network, work, faults, TIMEOUT_NS, seed);
      List<float[]> results = ranks.stream().map(RingCase.Rank::results).toList();
      return new Outcome(ends, results, network.log().digest());
    } finally {
      ranks.forEach(RingCase.Rank::close);
    }
  }

  /** For how long a rank could not act, by all that befell it. */
  long stoppedNs(int rank) {
    return faults.stream()
        .filter(fault -> fault.rank() == rank && fault.kind() != Fault.Kind.DIES)
        .mapToLong(Fault::durationNs)
        .sum();
  }

  /** Prints what happens under a seed. */
  public static void main(String[] args) {
    Scenario scenario = of(Long.parseLong(args[0]));
    System.out.println(scenario);
    System.out.println(scenario.ring.schedule().describe());
    scenario.play(System.out::println).ends.forEach(System.out::println);
  }
}
