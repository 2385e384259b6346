package dev.annulus.spark.gang;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * The way from a worker to the driver while a stage runs: Spark's plugin messages. There is one
 * application in a driver's JVM, hence the static ends; a message that nobody awaits is dropped.
 */
public final class DriverChannel implements SparkPlugin {
  private static final AtomicReference<Consumer<Object>> RECEIVER = new AtomicReference<>();
  private static final AtomicReference<PluginContext> SENDER = new AtomicReference<>();

  private static final String CLOCK = "clock";

  private static final String BUILD = "build";
  private static final AtomicReference<String> DRIVERS_BUILD = new AtomicReference<>();

  /** Of which the one counts that was answered fastest. */
  private static final int CLOCK_QUESTIONS = 5;

  /** Messages go to {@code receiver} (on Spark's threads) until {@link #stopListening}. */
  static void listen(Consumer<Object> receiver) {
    RECEIVER.set(receiver);
  }

  static void stopListening() {
    RECEIVER.set(null);
  }

  /**
   * From a worker, without waiting. A lost message costs a line on a screen, so it is not an error.
   */
  static void send(Object message) {
    PluginContext context = SENDER.get();
    if (context != null) {
      try {
        context.send(WireFormat.encode(message));
      } catch (IOException e) {
        notReached(e);
      }
    }
  }

  /** From a worker, waiting until the driver has it (or Spark's own deadline for questions). */
  static void tell(Object message) {
    PluginContext context = SENDER.get();
    if (context != null) {
      try {
        context.ask(WireFormat.encode(message));
      } catch (Exception e) {
        // The worker is failing already; that it could not say so must not hide why.
        notReached(e);
      }
    }
  }

  /**
   * From a worker, before anything is read of the driver: refuses to take part if this process runs
   * another build of the jar. What two builds tell each other can be misread, so this is told in
   * Spark's own terms.
   *
   * @param host of this worker
   * @throws InvalidInputException if so
   */
  static void requireDriversBuild(String host) {
    String expected = DRIVERS_BUILD.get();
    if (expected != null && !expected.equals(BuildStamp.ofThisProcess())) {
      Problem problem =
          new Problem(
              "jar on " + host,
              "build " + BuildStamp.ofThisProcess(),
              "build "
                  + expected
                  + " as at the driver; look for an older jar in spark.executor.extraClassPath and"
                  + " Spark's jars folder there");
      PluginContext context = SENDER.get();
      try {
        context.ask(new String[] {problem.place(), problem.value(), problem.expectation()});
      } catch (Exception e) {
        notReached(e);
      }
      throw new InvalidInputException(List.of(problem));
    }
  }

  /**
   * From a worker: how far its clock is ahead of the driver's, in milliseconds, within half the
   * time that the question took; not a number if the driver was not reached.
   */
  public static double clockAheadMs() {
    PluginContext context = SENDER.get();
    double best = Double.NaN;
    long fastestNs = Long.MAX_VALUE;
    try {
      for (int i = 0; context != null && i < CLOCK_QUESTIONS; i++) {
        long asked = System.currentTimeMillis();
        long start = System.nanoTime();
        Object driver = context.ask(CLOCK);
        long tookNs = System.nanoTime() - start;
        if (driver instanceof Long driverMs && tookNs < fastestNs) {
          fastestNs = tookNs;
          best = asked + tookNs / 2e6 - driverMs;
        }
      }
    } catch (Exception e) {
      notReached(e);
    }
    return best;
  }

  private static void notReached(Exception e) {
    String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    System.err.println("warning: the driver was not reached: " + first);
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext context, PluginContext pluginContext) {
        return Map.of(BUILD, BuildStamp.ofThisProcess());
      }

      @Override
      public Object receive(Object message) {
        if (CLOCK.equals(message)) {
          return System.currentTimeMillis();
        }
        Consumer<Object> receiver = RECEIVER.get();
        if (receiver != null && message instanceof byte[] bytes) {
          receiver.accept(WireFormat.decode(bytes));
        } else if (receiver != null && message instanceof String[] refusal && refusal.length == 3) {
          Problem problem = new Problem(refusal[0], refusal[1], refusal[2]);
          receiver.accept(WorkerFailure.wrongInput(-1, 0, problem));
        }
        return true;
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> extraConf) {
        SENDER.set(context);
        DRIVERS_BUILD.set(extraConf.get(BUILD));
      }

      @Override
      public void shutdown() {
        SENDER.set(null);
      }
    };
  }
}
