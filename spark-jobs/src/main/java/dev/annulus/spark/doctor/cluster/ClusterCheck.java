package dev.annulus.spark.doctor.cluster;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigWriter;
import dev.annulus.spark.gang.SingleGang;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** The driver's side of the check: one gang of workers, whose findings are judged here. */
public final class ClusterCheck {
  /** Beyond its budget: starting, connecting to what is dead, and storage that hangs. */
  private static final int GRACE_SECONDS = 120;

  private ClusterCheck() {}

  /**
   * Runs it.
   *
   * @param workers that take part, all at the same time
   * @param shape of the attention of the run's model; empty where no run was named: links are then
   *     compared among themselves, and storage is not looked at
   * @param seconds that it may take
   * @throws IllegalStateException if the workers do not start, or do not come to their end
   */
  public static ClusterReport run(
      JavaSparkContext spark,
      int workers,
      RunConfig config,
      Optional<AttentionShape> shape,
      int seconds,
      Consumer<String> onWarning) {
    TimeBudget budget = TimeBudget.of(workers, seconds);
    CheckAssignment assignment =
        new CheckAssignment(
            RunConfigWriter.write(config),
            new SecureRandom().nextLong() >>> 1,
            budget.rounds(),
            budget.pairMs(),
            shape.isPresent() ? config.run().outputDir() : "");
    long start = System.nanoTime();
    List<byte[]> results =
        new SingleGang(spark, workers, config.run().waitForWorkersSeconds(), onWarning)
            .run(
                "the check of the cluster",
                CheckMessages.encode(assignment),
                new ClusterWorker(),
                seconds + GRACE_SECONDS);
    ClusterFindings findings =
        new ClusterFindings(
            results.stream()
                .map(bytes -> CheckMessages.decode(bytes, WorkerFindings.class))
                .toList());
    boolean gpus = findings.workers().stream().allMatch(worker -> worker.host().hasGpu());
    int threads =
        findings.workers().stream()
            .map(WorkerFindings::host)
            .mapToInt(host -> config.device().threadsOf(host.cores(), host.workersOnHost()))
            .min()
            .orElse(1);
    Optional<RingQuestion> question = shape.map(of -> new RingQuestion(config, of, gpus, threads));
    return new ClusterReport(
        findings, Judgement.of(findings, config, question), (System.nanoTime() - start) / 1e9);
  }
}
