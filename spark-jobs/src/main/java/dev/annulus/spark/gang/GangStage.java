package dev.annulus.spark.gang;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * Runs one task per worker, all at the same time (Spark's barrier mode). The tasks stand in a map
 * stage, as Spark retries those and never a barrier result stage: when a task fails, all are
 * started again together.
 */
public final class GangStage {
  private GangStage() {}

  /** What a worker does with its input; runs on an executor. */
  @FunctionalInterface
  public interface Worker extends Serializable {
    byte[] run(BarrierTaskContext context, byte[] input);
  }

  /**
   * Starts the gang and waits for its end.
   *
   * @param input what every worker gets
   * @return what the workers gave, in no order
   */
  static List<byte[]> run(JavaSparkContext spark, int workers, byte[] input, Worker worker) {
    JavaRDD<byte[]> inputs = spark.parallelize(Collections.nCopies(workers, input), workers);
    ClassTag<byte[]> bytes = ClassTag$.MODULE$.apply(byte[].class);
    RDD<byte[]> outputs = inputs.rdd().barrier().mapPartitions(new Task(worker), false, bytes);
    return new ArrayList<>(outputs.toJavaRDD().repartition(1).collect());
  }

  private static final class Task extends AbstractFunction1<Iterator<byte[]>, Iterator<byte[]>>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Worker worker;

    Task(Worker worker) {
      this.worker = worker;
    }

    @Override
    @SuppressWarnings(
        "deprecation") // JavaConverters is what Java code has on Scala 2.13 and 2.12 alike.
    public Iterator<byte[]> apply(Iterator<byte[]> inputs) {
      byte[] output = worker.run(BarrierTaskContext.get(), inputs.next());
      return JavaConverters.asScalaIterator(List.of(output).iterator());
    }
  }
}
