package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.SparkSettings;
import dev.annulus.spark.gang.DriverChannel;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * The Spark application of a command. Under spark-submit the cluster's settings hold; without it
 * everything runs in this JVM. Settings of the user ({@code spark.conf}) win over those of this
 * file, but for what a gang cannot do without.
 */
public final class SparkSessions {
  /**
   * What executors need beyond what Spark gives them: Agrona's access, and off-heap tensors without
   * a limit of the JVM.
   */
  static final String EXECUTOR_FLAGS =
      "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED -XX:MaxDirectMemorySize=1t";

  private static final Pattern LOCAL =
      Pattern.compile("local(?:\\[(\\*|\\d{1,6})(?:,[^\\]]*)?\\])?");

  private SparkSessions() {}

  /** A session with at least {@code slots} tasks at a time. */
  public static SparkSession open(RunConfig config, int slots) {
    return open(config.spark(), config.run().name(), slots, config.run().maxRestarts() + 1);
  }

  /** A session for a gang that is not started again. */
  public static SparkSession openOnce(RunConfig config, int slots) {
    return open(config.spark(), config.run().name(), slots, 1);
  }

  /** A session for tasks that do not stand or fall together. */
  public static SparkSession open(SparkSettings settings, String name, int slots) {
    return open(settings, name, slots, 4);
  }

  private static SparkSession open(
      SparkSettings settings, String name, int slots, int stageAttempts) {
    SparkConf conf = new SparkConf(true);
    String master = master(conf, settings, slots);
    conf.setMaster(master);
    conf.setAppName("annulus " + name);
    if (master.startsWith("local")) {
      conf.setIfMissing("spark.ui.enabled", "false");
      conf.setIfMissing("spark.driver.host", "127.0.0.1");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
      conf.setIfMissing("spark.sql.shuffle.partitions", "4");
    }
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    // Barrier stages: look for slots every second instead of every 15, and do not wait a year for a
    // lost worker.
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "120");
    conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    conf.setIfMissing("spark.barrier.sync.timeout", "120s");
    if (!master.startsWith("local[") && !master.equals("local")) {
      noticeLosses(conf);
    }
    conf.setIfMissing("spark.stage.maxConsecutiveAttempts", Integer.toString(stageAttempts));
    settings.conf().forEach(conf::set);
    conf.set("spark.dynamicAllocation.enabled", "false");
    conf.set("spark.speculation", "false");
    append(conf, "spark.executor.extraJavaOptions", EXECUTOR_FLAGS, " ");
    append(conf, "spark.plugins", DriverChannel.class.getName(), ",");
    return start(conf, master);
  }

  /**
   * An executor that is silent for 30 s is lost (Spark's own defaults take almost three minutes),
   * and one whose task does not end when its gang has failed is ended: the next attempt needs its
   * slot.
   */
  private static void noticeLosses(SparkConf conf) {
    conf.setIfMissing("spark.executor.heartbeatInterval", "5s");
    conf.setIfMissing("spark.network.timeout", "30s");
    conf.setIfMissing("spark.network.timeoutInterval", "2s");
    conf.setIfMissing("spark.task.reaper.enabled", "true");
    conf.setIfMissing("spark.task.reaper.killTimeout", "30s");
    conf.setIfMissing("spark.task.reaper.pollingInterval", "1s");
  }

  /** The master of a session that would be opened with {@code slots}; opens none. */
  static String master(RunConfig config, int slots) {
    return master(new SparkConf(true), config.spark(), slots);
  }

  private static String master(SparkConf conf, SparkSettings settings, int slots) {
    return settings.master().orElseGet(() -> conf.get("spark.master", "local[" + slots + "]"));
  }

  /** Tasks at a time, of a local master that names their number; nothing for a cluster. */
  static OptionalInt localSlots(String master) {
    Matcher local = LOCAL.matcher(master);
    if (!local.matches()) {
      return OptionalInt.empty();
    }
    String slots = local.group(1);
    return OptionalInt.of(
        slots == null
            ? 1
            : slots.equals("*")
                ? Runtime.getRuntime().availableProcessors()
                : Integer.parseInt(slots));
  }

  private static SparkSession start(SparkConf conf, String master) {
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      // Scala throws what Java would have to declare.
      if (String.valueOf(e.getMessage()).contains("Could not parse Master URL")) {
        throw new InvalidInputException(
            "spark.master", master, "a master URL of Spark, for example local[4]", e);
      }
      throw new IllegalStateException("Spark did not start: " + e.getMessage(), e);
    }
  }

  private static void append(SparkConf conf, String key, String value, String separator) {
    String present = conf.get(key, "");
    if (!present.contains(value)) {
      conf.set(key, present.isEmpty() ? value : present + separator + value);
    }
  }
}
