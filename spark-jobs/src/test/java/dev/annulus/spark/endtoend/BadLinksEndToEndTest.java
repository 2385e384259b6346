package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ring of four over two hosts with a bad cable between them trains to the same bits. Prints what
 * is left of the tokens a second of the same cable in good order. {@code -Dannulus.cables} chooses
 * some of the cables by their number.
 */
@Tag("soak")
@Tag("namespaces")
@Timeout(value = 3600, unit = TimeUnit.SECONDS)
class BadLinksEndToEndTest {
  private static final long SEED = Long.getLong("annulus.seed", 20261124);
  private static final int SPOILT = 2;
  private static final List<String> CHOSEN =
      List.of(System.getProperty("annulus.cables", "0,1,2,3,4").split(",", -1));

  /** Some 60,000 weights: a quarter of a megabyte of gradients a step, and the ring's blocks. */
  private static final List<String> MODEL =
      List.of("model.config.hidden_size=64", "model.config.head_dim=16");

  @TempDir Path temporary;

  @BeforeAll
  static void needsNamespaces() {
    Namespaces.missing().ifPresent(why -> abort(why));
  }

  private static Map<String, LinkConditions> cables() {
    LinkConditions clean = LinkConditions.CLEAN;
    Duration delay = Duration.ofMillis(1);
    long rate = 100_000_000;
    Map<String, LinkConditions> cables = new LinkedHashMap<>();
    cables.put("in good order", clean);
    cables.put("5 % loss", clean.withLoss(0.05));
    cables.put("1 ms delay", clean.withDelay(delay));
    cables.put("100 Mb/s", clean.withRate(rate));
    cables.put("all three", clean.withLoss(0.05).withDelay(delay).withRate(rate));
    List<String> names = List.copyOf(cables.keySet());
    cables.keySet().removeIf(name -> !CHOSEN.contains(String.valueOf(names.indexOf(name))));
    return cables;
  }

  @Test
  void badCablesChangeNothingButTheTime() throws Exception {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 4, 1);
    List<String> train = new ArrayList<>(List.of("train", "--config", "run.yaml"));
    train.addAll(overrides());
    AnnulusProcess.Result whole = AnnulusProcess.run(local.folder(), train.toArray(String[]::new));
    assertThat(whole.exitCode()).as(whole.err()).isZero();
    System.out.println("seed " + SEED);
    try (NamespaceCluster cluster = NamespaceCluster.start(temporary.resolve("cluster"), 2, 2)) {
      for (List<String> transport :
          List.of(
              List.of("transport.kind=aeron", "transport.mtu=1472"),
              List.of("transport.kind=tcp"))) {
        double clean = 0;
        for (Map.Entry<String, LinkConditions> each : cables().entrySet()) {
          String name = transport.getFirst() + ", " + each.getKey();
          double rate = train(cluster, name, each.getValue(), transport, local);
          clean = clean == 0 ? rate : clean;
          System.out.printf("%s: %.0f tokens/s, %.3f of good order%n", name, rate, rate / clean);
        }
      }
    }
  }

  /** Tokens a second of the second half of the steps, whose first has warmed up what there is. */
  private double train(
      NamespaceCluster cluster,
      String name,
      LinkConditions conditions,
      List<String> transport,
      TinyRun local) {
    TinyRun tiny = TinyRun.write(temporary.resolve(name.replaceAll("[^A-Za-z0-9]+", "-")), 4, 1);
    List<String> overrides = new ArrayList<>(overrides());
    overrides.addAll(transport);
    BadCable cable = cluster.network().spoil(SPOILT, conditions, SEED);
    try {
      NamespaceRun run =
          NamespaceRun.start(
              cluster,
              tiny,
              List.of("spark.executor.cores=2", NamespaceCluster.QUICK_EXECUTORS.getFirst()),
              overrides);
      run.awaitSuccess(Duration.ofMinutes(5));
    } finally {
      cluster.network().mend(SPOILT, cable);
    }
    System.out.printf(
        "%s: %d packets passed, %d were dropped%n", name, cable.passed(), cable.dropped());
    assertThat(tiny.finalWeights()).as(name).isEqualTo(local.finalWeights());
    assertThat(tiny.losses()).as(name).isEqualTo(local.losses());
    if (conditions.loss() > 0) {
      assertThat((double) cable.dropped() / (cable.passed() + cable.dropped()))
          .as(name)
          .isGreaterThan(conditions.loss() * 0.7);
    }
    return tiny.tokensPerSecond(tiny.steps() / 2);
  }

  private List<String> overrides() {
    List<String> overrides = new ArrayList<>(MODEL);
    overrides.add("data.sources.0.path=" + temporary.resolve("local/docs.jsonl"));
    overrides.add("data.packed_dir=" + temporary.resolve("packed"));
    return overrides;
  }
}
