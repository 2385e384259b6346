package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class RollCallTest {
  private static final List<String> HOSTS = List.of("a", "a", "b");

  /** A card that tests change in one place. */
  private static final class Draft {
    int format = WorkerCard.FORMAT;
    int rank;
    int world = 3;
    String run = "c0ffee";
    int attempt;
    String host;
    String build = "0.1.0+aaaa";
    int messages = 3;
    String configuration = "1111";
    String model = "2222";
    String data = "3333";
    String device = "cpu";
    boolean shared;
    Double clock = 12.5;

    String text() {
      return new WorkerCard(
              format,
              rank,
              world,
              run,
              attempt,
              host,
              build,
              messages,
              configuration,
              model,
              data,
              device,
              shared,
              clock,
              "address of " + rank)
          .text();
    }
  }

  private static List<String> told(Consumer<List<Draft>> change) {
    List<Draft> drafts = new ArrayList<>();
    for (int rank = 0; rank < HOSTS.size(); rank++) {
      Draft draft = new Draft();
      draft.rank = rank;
      draft.host = HOSTS.get(rank);
      drafts.add(draft);
    }
    change.accept(drafts);
    return drafts.stream().map(Draft::text).toList();
  }

  private static List<String> problems(Consumer<List<Draft>> change) {
    return problems(told(change));
  }

  private static List<String> problems(List<String> told) {
    List<String> lines = new ArrayList<>();
    assertThatExceptionOfType(InvalidInputException.class)
        .isThrownBy(() -> RollCall.check(told, HOSTS))
        .satisfies(e -> e.problems().stream().map(Problem::toString).forEach(lines::add));
    return lines;
  }

  @Test
  void aGangIsLetThrough() {
    List<WorkerCard> cards = RollCall.check(told(drafts -> {}), HOSTS);
    assertThat(cards.stream().map(WorkerCard::address))
        .containsExactly("address of 0", "address of 1", "address of 2");
    assertThat(RollCall.clocksApart(cards)).isEmpty();
  }

  @Test
  void ranksThatAreThereTwiceOrNotAtAllAreNamed() {
    assertThat(problems(drafts -> drafts.get(2).rank = 1))
        .containsExactly(
            "rank 1: 2 workers, on a and b (expected one worker)",
            "rank 2: no worker (expected one worker)");
    assertThat(problems(drafts -> drafts.get(2).rank = 7))
        .containsExactly(
            "rank 7 on b: 7 (expected a rank from 0 to 2)",
            "rank 2: no worker (expected one worker)");
  }

  @Test
  void everythingThatDiffersIsNamedAtOnceWithBothValues() {
    assertThat(
            problems(
                drafts -> {
                  drafts.get(2).build = "0.1.0+bbbb";
                  drafts.get(1).configuration = "4444";
                  drafts.get(2).model = "5555";
                  drafts.get(0).data = "6666";
                  drafts.get(0).messages = 2;
                }))
        .containsExactly(
            "build of the jar: 0.1.0+aaaa at ranks 0, 1 on a; 0.1.0+bbbb at rank 2 on b (expected"
                + " the same jar on all hosts)",
            "format of messages: 2 at rank 0 on a; 3 at rank 1 on a and rank 2 on b (expected one"
                + " format)",
            "configuration: 1111 at rank 0 on a and rank 2 on b; 4444 at rank 1 on a (expected the"
                + " driver's)",
            "model.path: 2222 at ranks 0, 1 on a; 5555 at rank 2 on b (expected the same files on"
                + " all hosts)",
            "data.packed_dir: 6666 at rank 0 on a; 3333 at rank 1 on a and rank 2 on b (expected"
                + " the same files on all hosts)");
  }

  @Test
  void workersOfAnotherSubmissionAttemptOrSizeAreRefused() {
    assertThat(
            problems(
                drafts -> {
                  drafts.get(1).run = "bad";
                  drafts.get(1).attempt = 1;
                  drafts.get(1).world = 4;
                }))
        .hasSize(3)
        .anySatisfy(line -> assertThat(line).startsWith("submission: c0ffee at rank 0 on a and"))
        .anySatisfy(line -> assertThat(line).contains("1 at rank 1 on a (expected one attempt)"))
        .anySatisfy(line -> assertThat(line).contains("4 at rank 1 on a (expected 3)"));
  }

  @Test
  void whatIsNoCardOfThisFormatIsNamedAndSoIsTheJarBehindIt() {
    List<String> told = new ArrayList<>(told(drafts -> drafts.get(2).format = 9));
    told.set(1, "annulus-aeron/3 udp=a:4711");
    assertThat(problems(told))
        .containsExactly(
            "rank 1 on a: told 'annulus-aeron/3 udp=a:4711' (expected a card of format 1: it may"
                + " run another version of the jar)",
            "rank 2 on b: a card of format 9, build 0.1.0+aaaa (expected format 1, the same jar on"
                + " all hosts)");
  }

  @Test
  void aCardWithMoreInItThanThisVersionKnowsIsReadForItsFormat() {
    String later = told(drafts -> drafts.get(1).format = 2).get(1).replace("{", "{\"more\":1,");
    assertThat(WorkerCard.parse(later).orElseThrow().format()).isEqualTo(2);
    assertThat(WorkerCard.parse("null")).isEmpty();
    assertThat(WorkerCard.parse(null)).isEmpty();
    assertThat(WorkerCard.parse("{")).isEmpty();
  }

  @Test
  void oneGpuForTwoWorkersIsAnErrorUnlessItWasAskedFor() {
    Consumer<List<Draft>> gpus =
        drafts -> {
          drafts.get(0).device = "GPU-1";
          drafts.get(1).device = "GPU-1";
          drafts.get(2).device = "GPU-2";
        };
    assertThat(problems(gpus))
        .containsExactly(
            "GPU-1: given to ranks 0, 1 on a (expected a GPU a worker, or"
                + " spark.task.resource.gpu.amount below 1 where workers are to share)");
    assertThat(
            RollCall.check(
                told(
                    drafts -> {
                      gpus.accept(drafts);
                      drafts.forEach(draft -> draft.shared = true);
                    }),
                HOSTS))
        .hasSize(3);
  }

  @Test
  void aHostWithoutItsGpuDoesNotSlowTheOthersDownSilently() {
    assertThat(
            problems(
                drafts -> {
                  drafts.get(0).device = "GPU-1";
                  drafts.get(1).device = "GPU-2";
                }))
        .containsExactly(
            "device: a GPU at ranks 0, 1 on a; the CPU at rank 2 on b (expected one kind for all"
                + " workers: a driver and a GPU on every host, or device.kind: cpu)");
  }

  @Test
  void filesThatAHostDoesNotHaveAreComparedWithNothing() {
    assertThat(RollCall.check(told(drafts -> drafts.get(1).model = Fingerprint.NOT_HERE), HOSTS))
        .hasSize(3);
  }

  @Test
  void clocksThatAreApartAreNamedByHost() {
    List<WorkerCard> cards =
        RollCall.check(
            told(
                drafts -> {
                  drafts.get(0).clock = -75_250.0;
                  drafts.get(1).clock = -75_260.0;
                  drafts.get(2).clock = null;
                }),
            HOSTS);
    assertThat(RollCall.clocksApart(cards))
        .containsExactly(
            "the clock of a (ranks 0, 1) is 75.3 s behind the driver's: times in its logs and files"
                + " do not compare with others");
    cards = RollCall.check(told(drafts -> drafts.get(2).clock = 6_000.0), HOSTS);
    assertThat(RollCall.clocksApart(cards)).singleElement().asString().contains("6.0 s ahead of");
    cards = RollCall.check(told(drafts -> drafts.get(2).clock = 4_999.0), HOSTS);
    assertThat(RollCall.clocksApart(cards)).isEmpty();
  }
}
