package dev.annulus.spark.job;

import dev.annulus.device.Device;
import dev.annulus.device.choice.DeviceChoice;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.Location;
import dev.annulus.trainer.evaluate.Evaluation;
import dev.annulus.trainer.evaluate.Evaluator;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Documents shared out over Spark's tasks, the longest first to the task that has least. */
final class EvaluationTasks {
  private EvaluationTasks() {}

  private record Item(long index, int[] ids) implements Serializable {}

  private record Share(ArrayList<Item> items) implements Serializable {}

  static Evaluation run(SparkSession spark, String model, List<int[]> documents) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    int tasks = Math.max(1, Math.min(documents.size(), context.defaultParallelism()));
    String folder =
        Location.isRemote(model) ? model : Location.local(model).toAbsolutePath().toString();
    List<Evaluation> parts =
        context
            .parallelize(shares(documents, tasks), tasks)
            .map(share -> score(folder, share, tasks))
            .collect();
    return Evaluation.merge(parts);
  }

  private static List<Share> shares(List<int[]> documents, int tasks) {
    List<Share> shares = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      shares.add(new Share(new ArrayList<>()));
    }
    long[] tokens = new long[tasks];
    IntStream.range(0, documents.size())
        .boxed()
        .sorted(Comparator.comparingInt(index -> -documents.get(index).length))
        .forEach(
            index -> {
              int least = 0;
              for (int task = 1; task < tasks; task++) {
                least = tokens[task] < tokens[least] ? task : least;
              }
              shares.get(least).items().add(new Item(index, documents.get(index)));
              tokens[least] += documents.get(index).length;
            });
    return shares;
  }

  /**
   * @param tasks of all hosts: how many of them share this one is not known, so it may be all
   */
  private static Evaluation score(String folder, Share share, int tasks) {
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / tasks);
    int task = TaskContext.getPartitionId();
    try (Device device = DeviceChoice.of(DeviceChoice.AUTO, task).open(threads);
        LoadedModel model = LoadedModel.read(folder, HadoopSettings.ofProcess(), device);
        Evaluator evaluator = new Evaluator(device, model.config(), model.weights())) {
      for (Item item : share.items()) {
        evaluator.add(item.index(), item.ids());
      }
      return evaluator.result();
    }
  }
}
