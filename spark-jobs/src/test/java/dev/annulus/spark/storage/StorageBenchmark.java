package dev.annulus.spark.storage;

import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * What a checkpoint takes on a local disk and on HDFS (one name node and one data node in this JVM,
 * on the same disk), in turns: what training waits for ({@code prepare}; the copy to host memory is
 * the same for both), and what a thread does behind it. Medians; the denominator is the local disk
 * of the same run. Arguments: megabytes (default 64), rounds (9), a further location of Hadoop's.
 */
public final class StorageBenchmark {
  private StorageBenchmark() {}

  /** Milliseconds, one a round. */
  private record Times(
      List<Double> prepare, List<Double> write, List<Double> commit, List<Double> read) {
    Times() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Prints a line for each place. */
  public static void main(String[] arguments) throws Exception {
    int megabytes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 64;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 9;
    Path folder = Files.createTempDirectory("storage");
    Configuration conf = new Configuration();
    conf.set("hdfs.minidfs.basedir", folder.resolve("dfs").toString());
    MiniDFSCluster hdfs = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
    try {
      hdfs.waitActive();
      List<String> names = new ArrayList<>(List.of("local disk", "hdfs"));
      List<CheckpointStore> stores = new ArrayList<>();
      stores.add(new LocalCheckpointStore(folder.resolve("local")));
      stores.add(store(hdfs.getURI() + "/checkpoints", folder));
      if (arguments.length > 2) {
        names.add(arguments[2]);
        stores.add(store(arguments[2], folder));
      }
      byte[] bytes = new byte[megabytes * 1_000_000];
      new Random(1).nextBytes(bytes);
      List<Times> times = stores.stream().map(_ -> new Times()).toList();
      for (int round = 0; round <= rounds; round++) {
        for (int i = 0; i < stores.size(); i++) {
          // The first warms up.
          measure(stores.get(i), 10L * (round + 1), bytes, round == 0 ? new Times() : times.get(i));
        }
      }
      for (int i = 0; i < stores.size(); i++) {
        print(names.get(i), megabytes, times.get(i), times.getFirst());
      }
    } finally {
      hdfs.shutdown(true);
      DurableFiles.deleteTree(folder);
    }
  }

  private static CheckpointStore store(String location, Path scratch) throws Exception {
    return new HadoopCheckpointStore(
        RemoteFolder.of(location, HadoopSettings.ofProcess(), StorageCalls.DEFAULT),
        "bench",
        scratch,
        () -> {});
  }

  private static void measure(CheckpointStore store, long step, byte[] bytes, Times times)
      throws Exception {
    CheckpointFile weights =
        new CheckpointFile(
            "model/weights",
            channel -> {
              ByteBuffer rest = ByteBuffer.wrap(bytes);
              while (rest.hasRemaining()) {
                channel.write(rest);
              }
            });
    long start = System.nanoTime();
    store.prepare(step);
    long prepared = System.nanoTime();
    store.writePart(step, 0, List.of(weights));
    long written = System.nanoTime();
    store.commit(step, 1);
    store.keepNewest(1);
    long committed = System.nanoTime();
    store.read(step, Files::isDirectory);
    long read = System.nanoTime();
    times.prepare().add((prepared - start) / 1e6);
    times.write().add((written - prepared) / 1e6);
    times.commit().add((committed - written) / 1e6);
    times.read().add((read - committed) / 1e6);
  }

  private static void print(String name, int megabytes, Times times, Times local) {
    System.out.printf(
        Locale.ROOT,
        "%s, %d MB: training waits %.2f ms (%.2f of local); written in %.0f ms (%.2f), completed in"
            + " %.1f ms (%.2f), read and verified in %.0f ms (%.2f)%n",
        name,
        megabytes,
        median(times.prepare()),
        median(times.prepare()) / median(local.prepare()),
        median(times.write()),
        median(times.write()) / median(local.write()),
        median(times.commit()),
        median(times.commit()) / median(local.commit()),
        median(times.read()),
        median(times.read()) / median(local.read()));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
