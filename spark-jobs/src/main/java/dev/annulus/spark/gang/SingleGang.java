package dev.annulus.spark.gang;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A gang that runs once and for a limited time: with too few slots it is not waited for, with a
 * worker that does not come back neither.
 */
public final class SingleGang {
  private static final String JOB_GROUP = "annulus-gang";

  private final JavaSparkContext spark;
  private final int workers;
  private final long waitForSlotsSeconds;
  private final Consumer<String> onWarning;
  private volatile String gaveUp;

  /**
   * @param waitForSlotsSeconds after which it is given up that no worker runs
   * @param onWarning lines for people
   */
  public SingleGang(
      JavaSparkContext spark, int workers, long waitForSlotsSeconds, Consumer<String> onWarning) {
    this.spark = spark;
    this.workers = workers;
    this.waitForSlotsSeconds = waitForSlotsSeconds;
    this.onWarning = onWarning;
  }

  /**
   * Tasks that the cluster runs at a time: of cores, and of GPUs where tasks ask for one. Waits for
   * executors as long as Spark does before a first stage.
   */
  public static int slots(JavaSparkContext spark) {
    spark.parallelize(List.of(1), 1).count();
    return spark
        .sc()
        .maxNumConcurrentTasks(spark.sc().resourceProfileManager().defaultResourceProfile());
  }

  /**
   * Runs it.
   *
   * @param what it is, for people
   * @param seconds that it may take once workers run
   * @return what the workers gave, in no order
   * @throws IllegalStateException with the reason if it did not come to its end
   */
  public List<byte[]> run(String what, byte[] input, GangStage.Worker worker, long seconds) {
    RunningTasks tasks = new RunningTasks();
    spark.sc().addSparkListener(tasks);
    ScheduledExecutorService looks =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("annulus-slots").daemon(true).factory());
    SlotWatch watch =
        new SlotWatch(
            workers,
            TimeUnit.SECONDS.toNanos(waitForSlotsSeconds),
            tasks::running,
            this::slotsNow,
            System::nanoTime,
            onWarning,
            this::giveUp);
    var _ = looks.scheduleWithFixedDelay(watch::look, 1, 1, TimeUnit.SECONDS);
    var _ =
        looks.schedule(
            () -> giveUp(what + " has not ended after " + seconds + " s"),
            waitForSlotsSeconds + seconds,
            TimeUnit.SECONDS);
    spark.setJobGroup(JOB_GROUP, what, true);
    try {
      return GangStage.run(spark, workers, input, worker);
    } catch (Exception e) {
      String why =
          gaveUp != null
              ? gaveUp
              : what + " failed: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IllegalStateException(why, e);
    } finally {
      looks.shutdownNow();
      spark.sc().removeSparkListener(tasks);
      spark.clearJobGroup();
    }
  }

  private String slotsNow() {
    return spark
            .sc()
            .maxNumConcurrentTasks(spark.sc().resourceProfileManager().defaultResourceProfile())
        + " of them";
  }

  private void giveUp(String why) {
    gaveUp = why;
    spark.sc().cancelJobGroup(JOB_GROUP);
  }
}
