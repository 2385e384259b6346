package dev.annulus.data.benchmark;

import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import org.apache.spark.sql.SparkSession;

/**
 * Time and memory of preparing a corpus, statistics included; run once for each size, as the memory
 * of a process is known only at its end. Arguments: the tokeniser's folder or {@code bytes}, a
 * folder to write, a small corpus of JSON lines to warm up with, and the corpus. Spark has two
 * slots. Memory: the peak of the resident set, and the largest heap that a collection has left.
 */
final class GrowthBenchmark {
  private static final int WARM_UP = 5;

  private GrowthBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    TokenizerSpec spec = TokenizerSpec.read(arguments[0]);
    Path out = Path.of(arguments[1]);
    AtomicLong left = watchCollections();
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.warehouse.dir", out.resolve("warehouse").toString())
            .getOrCreate()) {
      for (int turn = 0; turn < WARM_UP; turn++) {
        PrepareBenchmark.prepare(spark, spec, Path.of(arguments[2]), out, true);
      }
      left.set(0);
      double nsPerToken = PrepareBenchmark.prepare(spark, spec, Path.of(arguments[3]), out, true);
      System.out.printf(
          Locale.ROOT,
          "%s: CPU %.0f ns a token, at most %,d MB of heap behind a collection, %s%n",
          Path.of(arguments[3]).getFileName(),
          nsPerToken,
          left.get() >> 20,
          peakResidentSet());
    }
  }

  /** The largest use of the heap behind a collection since it was last set to 0. */
  private static AtomicLong watchCollections() {
    AtomicLong largest = new AtomicLong();
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      ((NotificationEmitter) collector)
          .addNotificationListener(
              (Notification notification, Object handback) ->
                  largest.accumulateAndGet(heapBehindCollection(), Math::max),
              null,
              null);
    }
    return largest;
  }

  private static long heapBehindCollection() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getCollectionUsage();
      bytes += usage == null ? 0 : usage.getUsed();
    }
    return bytes;
  }

  /** Linux only. */
  private static String peakResidentSet() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .findFirst()
        .map(line -> line.replaceAll("\\s+", " "))
        .orElse("resident set not known");
  }
}
