package dev.annulus.spark.gang;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Whether the workers that have come are one gang: each rank once, of one submission, one build of
 * the jar, one configuration, one model, and a GPU each. A pure function of what all have told, so
 * all ranks come to the same verdict.
 */
final class RollCall {
  /** Clocks of hosts that ask the same time server differ by far less. */
  static final double MAX_CLOCK_DIFFERENCE_MS = 5_000;

  private static final int SHOWN = 60;

  private RollCall() {}

  /**
   * The cards, by rank.
   *
   * @param told by each partition, in the order of the ranks that Spark's list of tasks gives them
   * @param hosts of the same, as Spark's list of tasks has them
   * @throws InvalidInputException with everything that is wrong, each problem with ranks, hosts and
   *     the values that differ
   */
  static List<WorkerCard> check(List<String> told, List<String> hosts) {
    List<WorkerCard> cards = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (int rank = 0; rank < told.size(); rank++) {
      String place = "rank " + rank + " on " + hosts.get(rank);
      Optional<WorkerCard> card = WorkerCard.parse(told.get(rank));
      if (card.isEmpty()) {
        problems.add(
            new Problem(
                place,
                "told '" + shorten(told.get(rank)) + "'",
                "a card of format "
                    + WorkerCard.FORMAT
                    + ": it may run another version of the jar"));
      } else if (card.get().format() != WorkerCard.FORMAT) {
        problems.add(
            new Problem(
                place,
                "a card of format " + card.get().format() + ", build " + card.get().build(),
                "format " + WorkerCard.FORMAT + ", the same jar on all hosts"));
      } else {
        cards.add(card.get());
      }
    }
    if (problems.isEmpty()) {
      ranks(cards, problems);
      agree(cards, "submission", WorkerCard::run, "workers of one submission", problems);
      agree(cards, "attempt of the stage", c -> "" + c.attempt(), "one attempt", problems);
      agree(cards, "number of workers", c -> "" + c.world(), "" + told.size(), problems);
      agree(cards, "build of the jar", WorkerCard::build, "the same jar on all hosts", problems);
      agree(cards, "format of messages", c -> "" + c.messages(), "one format", problems);
      agree(cards, "configuration", WorkerCard::configuration, "the driver's", problems);
      agree(cards, "model.path", WorkerCard::model, "the same files on all hosts", problems);
      agree(cards, "data.packed_dir", WorkerCard::data, "the same files on all hosts", problems);
      kinds(cards, problems);
      devices(cards, problems);
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return List.copyOf(cards);
  }

  /** A line for each host whose clock is far from the driver's: no reason to stop. */
  static List<String> clocksApart(List<WorkerCard> cards) {
    Map<String, List<WorkerCard>> byHost = new LinkedHashMap<>();
    for (WorkerCard card : cards) {
      if (card.clockAheadMs() != null && Math.abs(card.clockAheadMs()) > MAX_CLOCK_DIFFERENCE_MS) {
        byHost.computeIfAbsent(card.host(), host -> new ArrayList<>()).add(card);
      }
    }
    List<String> lines = new ArrayList<>();
    byHost.forEach(
        (host, there) -> {
          double ahead = there.getFirst().clockAheadMs();
          lines.add(
              String.format(
                  Locale.ROOT,
                  "the clock of %s (%s) is %.1f s %s the driver's: times in its logs and files do"
                      + " not compare with others",
                  host,
                  ranksOf(there),
                  Math.abs(ahead) / 1e3,
                  ahead > 0 ? "ahead of" : "behind"));
        });
    return lines;
  }

  /** Duplicates, gaps and numbers that there are not. */
  private static void ranks(List<WorkerCard> cards, List<Problem> problems) {
    Map<Integer, List<WorkerCard>> byRank = new TreeMap<>();
    cards.forEach(card -> byRank.computeIfAbsent(card.rank(), rank -> new ArrayList<>()).add(card));
    byRank.forEach(
        (rank, same) -> {
          String hosts = String.join(" and ", same.stream().map(WorkerCard::host).toList());
          if (rank < 0 || rank >= cards.size()) {
            problems.add(
                new Problem(
                    "rank " + rank + " on " + hosts,
                    "" + rank,
                    "a rank from 0 to " + (cards.size() - 1)));
          } else if (same.size() > 1) {
            problems.add(
                new Problem("rank " + rank, same.size() + " workers, on " + hosts, "one worker"));
          }
        });
    for (int rank = 0; rank < cards.size(); rank++) {
      if (!byRank.containsKey(rank)) {
        problems.add(new Problem("rank " + rank, "no worker", "one worker"));
      }
    }
  }

  private static void agree(
      List<WorkerCard> cards,
      String what,
      Function<WorkerCard, String> value,
      String expectation,
      List<Problem> problems) {
    Map<String, List<WorkerCard>> byValue = new LinkedHashMap<>();
    for (WorkerCard card : cards) {
      String told = String.valueOf(value.apply(card));
      if (!told.equals(Fingerprint.NOT_HERE)) {
        byValue.computeIfAbsent(told, key -> new ArrayList<>()).add(card);
      }
    }
    if (byValue.size() > 1) {
      problems.add(new Problem(what, describe(byValue), expectation));
    }
  }

  /** Where nobody says what to compute on, a host without its GPU would hold up all others. */
  private static void kinds(List<WorkerCard> cards, List<Problem> problems) {
    agree(
        cards,
        "device",
        card -> card.device().equals("cpu") ? "the CPU" : "a GPU",
        "one kind for all workers: a driver and a GPU on every host, or device.kind: cpu",
        problems);
  }

  private static void devices(List<WorkerCard> cards, List<Problem> problems) {
    Map<String, List<WorkerCard>> byDevice = new LinkedHashMap<>();
    for (WorkerCard card : cards) {
      if (!card.device().equals("cpu") && !card.mayShareDevice()) {
        byDevice.computeIfAbsent(card.device(), device -> new ArrayList<>()).add(card);
      }
    }
    byDevice.forEach(
        (device, sharers) -> {
          if (sharers.size() > 1) {
            problems.add(
                new Problem(
                    device,
                    "given to " + placesOf(sharers),
                    "a GPU a worker, or spark.task.resource.gpu.amount below 1 where workers are"
                        + " to share"));
          }
        });
  }

  private static String describe(Map<String, List<WorkerCard>> byValue) {
    List<String> parts = new ArrayList<>();
    byValue.forEach((value, same) -> parts.add(shorten(value) + " at " + placesOf(same)));
    return String.join("; ", parts);
  }

  /** For example {@code ranks 0, 1 on a and rank 2 on b}. */
  private static String placesOf(List<WorkerCard> cards) {
    Map<String, List<WorkerCard>> byHost = new LinkedHashMap<>();
    cards.forEach(card -> byHost.computeIfAbsent(card.host(), host -> new ArrayList<>()).add(card));
    List<String> places = new ArrayList<>();
    byHost.forEach((host, there) -> places.add(ranksOf(there) + " on " + host));
    return String.join(" and ", places);
  }

  private static String ranksOf(List<WorkerCard> cards) {
    String ranks = String.join(", ", cards.stream().map(card -> "" + card.rank()).toList());
    return (cards.size() == 1 ? "rank " : "ranks ") + ranks;
  }

  private static String shorten(String text) {
    String line = String.valueOf(text);
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
