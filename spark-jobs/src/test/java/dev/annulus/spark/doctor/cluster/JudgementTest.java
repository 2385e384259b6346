package dev.annulus.spark.doctor.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.RunConfig;
import dev.annulus.spark.doctor.cluster.Hindrance.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class JudgementTest {
  private static final AttentionShape SHAPE = new AttentionShape(32, 8, 128);
  private static final RunConfig CONFIG = Clusters.config();

  private static List<Hindrance> judged(ClusterFindings findings, RunConfig config) {
    return Judgement.of(findings, config, Optional.of(new RingQuestion(config, SHAPE, false, 8)));
  }

  private static List<Hindrance> compared(ClusterFindings findings) {
    return Judgement.of(findings, CONFIG, Optional.empty());
  }

  @Test
  void nothingHoldsAGoodClusterBack() {
    ClusterFindings good = Clusters.four(UnaryOperator.identity());
    assertThat(compared(good)).isEmpty();
    assertThat(judged(good, CONFIG)).isEmpty();
    ClusterReport report = new ClusterReport(good, List.of(), 12);
    assertThat(report.isFit()).isTrue();
    assertThat(report.toText())
        .startsWith("4 workers on 2 hosts, checked in 12 s.")
        .contains("between hosts", "in one process", "Shared storage /runs")
        .endsWith("Nothing holds a run back.");
  }

  @Test
  void aDeadPairIsNamedOnceAndFirst() {
    ClusterFindings findings =
        Clusters.four(
            Clusters.between(
                1, 2, pair -> PairFinding.failed(pair.rank(), pair.peer(), "nobody answers")));
    List<Hindrance> found = judged(findings, CONFIG);
    assertThat(found.getFirst().level()).isEqualTo(Level.STOPS);
    assertThat(found.getFirst().what())
        .contains("rank 1 (a)", "rank 2 (b)", "cannot talk", "nobody answers");
    assertThat(found.stream().filter(one -> one.level() == Level.STOPS)).hasSize(1);
  }

  @Test
  void aSlowPairIsNamedWithWhatOthersHave() {
    ClusterFindings findings =
        Clusters.four(Clusters.between(0, 3, pair -> Clusters.withRate(pair, 4e8)));
    List<Hindrance> found = compared(findings);
    assertThat(found).hasSize(2);
    assertThat(found.getFirst().what())
        .isEqualTo(
            "rank 3 (b) to rank 0 (a): 400.0 MB/s, where the median between hosts is 5.0 GB/s");
    assertThat(found).allMatch(one -> one.level() == Level.SLOWS && one.lost() > 0.9);
  }

  @Test
  void theRingIsJudgedByWhatTheRunNeeds() {
    ClusterFindings slow = Clusters.four(pair -> Clusters.withRate(pair, 1e7));
    List<Hindrance> found = judged(slow, CONFIG);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().lost()).isBetween(0.05, 1.0);
    assertThat(found.getFirst().what())
        .contains("stage long", "rows of 65,536 tokens", "10.0 MB/s", "would keep 95 %");
    // Longer rows hide the same link.
    assertThat(judged(slow, Clusters.config("stages.0.sequence_length=16777216"))).isEmpty();
  }

  @Test
  void repeatedPacketsAreNamedByTheirShare() {
    ClusterFindings findings =
        Clusters.four(
            pair ->
                new PairFinding(
                    pair.rank(),
                    pair.peer(),
                    pair.bytesPerSecond(),
                    pair.latencyNs(),
                    pair.rank() == 2 && pair.peer() == 0 ? 0.03 : 0.0002,
                    ""));
    List<Hindrance> found = compared(findings);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().level()).isEqualTo(Level.SLOWS);
    assertThat(found.getFirst().what())
        .isEqualTo("rank 2 (b) had to send 3.0 % to rank 0 (a) again");
  }

  @Test
  void whatHostsLackIsTold() {
    ClusterFindings findings =
        Clusters.four(
            host ->
                new HostFacts(
                    host.host(),
                    host.process(),
                    host.host().equals("a") ? 16 : 4,
                    2,
                    host.memoryBytes(),
                    host.heapBytes(),
                    64 << 20,
                    64 << 20,
                    List.of(),
                    List.of("set net.core.rmem_max"),
                    host.networkName(),
                    1500,
                    host.host().equals("a") ? "25.0.3" : "25.0.4",
                    "abc",
                    List.of(),
                    "no driver",
                    -1,
                    host.host().equals("a") ? 0 : -2500),
            UnaryOperator.identity());
    List<Hindrance> found = judged(findings, Clusters.config("device.kind=cuda"));
    assertThat(found.stream().map(Hindrance::what).toList())
        .anyMatch(what -> what.startsWith("Java is not the same everywhere: 25.0.3 on a; 25.0.4"))
        .anyMatch(what -> what.equals("rank 3 (b) has no GPU: no driver"))
        .anyMatch(what -> what.startsWith("a has 67.1 MB of /dev/shm, 2 workers there need "))
        .anyMatch(what -> what.startsWith("workers have 2 cores on one host and 8 on another"))
        .anyMatch(what -> what.equals("the clock of b is 2.5 s behind the driver's"))
        .anyMatch(what -> what.equals("a: set net.core.rmem_max"));
    assertThat(found.stream().map(Hindrance::level)).isSorted();
    assertThat(new ClusterReport(findings, found, 1).isFit()).isFalse();
  }

  @Test
  void aNoteIsNoReasonNotToStart() {
    List<Hindrance> notes = List.of(Hindrance.note("a", "b"));
    ClusterReport report = new ClusterReport(Clusters.four(UnaryOperator.identity()), notes, 1);
    assertThat(report.isFit()).isTrue();
    assertThat(report.toText()).contains("note     a").contains("-> b");
    assertThat(report.toJson()).containsEntry("fit", true).containsEntry("workers", 4);
  }
}
