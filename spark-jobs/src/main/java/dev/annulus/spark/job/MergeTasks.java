package dev.annulus.spark.job;

import dev.annulus.spark.console.ProgressLine;
import dev.annulus.spark.console.Units;
import dev.annulus.trainer.merge.TensorTask;
import dev.annulus.trainer.merge.TensorWorkers;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Tensors as Spark's tasks, the largest first, with a line that shows how far they are. */
final class MergeTasks implements TensorWorkers {
  private static final int BAR = 24;

  private final JavaSparkContext spark;
  private final ProgressLine line;

  MergeTasks(JavaSparkContext spark, ProgressLine line) {
    this.spark = spark;
    this.line = line;
  }

  /** What a task gave, or what it could not do: a failure of Spark's own would hide the reason. */
  private record Outcome<R extends Serializable>(int index, R result, String failure)
      implements Serializable {}

  private record Numbered<R extends Serializable>(int index, TensorTask<R> task)
      implements Serializable {
    Outcome<R> run() {
      try {
        return new Outcome<>(index, task.run(), null);
      } catch (IOException e) {
        return new Outcome<>(index, null, e.getMessage() == null ? e.toString() : e.getMessage());
      }
    }
  }

  @Override
  public <R extends Serializable> List<R> run(String phase, List<? extends TensorTask<R>> tasks)
      throws IOException {
    List<Numbered<R>> numbered = new ArrayList<>();
    IntStream.range(0, tasks.size())
        .boxed()
        .sorted(Comparator.comparingLong(index -> -tasks.get(index).bytes()))
        .forEach(index -> numbered.add(new Numbered<>(index, tasks.get(index))));
    Progress progress =
        new Progress(phase, numbered.stream().mapToLong(n -> n.task().bytes()).toArray());
    spark.sc().addSparkListener(progress);
    spark.setJobGroup("annulus-merge", "annulus merge: " + phase, false);
    try {
      return results(
          spark.parallelize(numbered, Math.max(1, numbered.size())).map(Numbered::run).collect());
    } finally {
      spark.clearJobGroup();
      spark.sc().removeSparkListener(progress);
    }
  }

  private static <R extends Serializable> List<R> results(List<Outcome<R>> outcomes)
      throws IOException {
    for (Outcome<R> outcome : outcomes) {
      if (outcome.failure() != null) {
        throw new IOException(outcome.failure());
      }
    }
    return outcomes.stream()
        .sorted(Comparator.comparingInt(Outcome::index))
        .map(Outcome::result)
        .toList();
  }

  private final class Progress extends SparkListener {
    private final String phase;
    private final long[] work;
    private final long all;
    private final long startedNs = System.nanoTime();
    private long done;
    private int finished;

    Progress(String phase, long[] work) {
      this.phase = phase;
      this.work = work;
      long sum = 0;
      for (long one : work) {
        sum += one;
      }
      this.all = Math.max(1, sum);
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd ended) {
      int index = ended.taskInfo().index();
      if (index >= work.length) {
        return;
      }
      done += work[index];
      finished++;
      double share = (double) done / all;
      int full = (int) (BAR * share);
      double seconds = (System.nanoTime() - startedNs) / 1e9;
      line.update(
          String.format(
              Locale.ROOT,
              "%-5s [%s%s] %d/%d tensors  %s left",
              phase,
              "#".repeat(full),
              ".".repeat(BAR - full),
              finished,
              work.length,
              Units.duration(share == 0 ? 0 : seconds / share - seconds)),
          finished == 1 || finished == work.length);
    }
  }
}
