package dev.annulus.spark.gang;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import dev.annulus.config.Problem;
import dev.annulus.spark.watch.RankStatus;
import dev.annulus.trainer.train.StageReport;
import dev.annulus.trainer.train.StepReplay;
import dev.annulus.trainer.train.StepReport;
import dev.annulus.trainer.train.TensorNorms;
import java.util.ArrayList;
import java.util.List;

/**
 * What the driver and the workers tell each other, as bytes. Only the classes registered here can
 * be read, by number, so bytes from outside are data and never code. New classes go to the end:
 * numbers are the format.
 */
final class WireFormat {
  /** The number of this list; both sides must agree. */
  static final int VERSION = 3;

  private static final List<Class<?>> CLASSES =
      List.of(
          ArrayList.class,
          Problem.class,
          WorkerAssignment.class,
          WorkerFailure.class,
          WorkerFailure.Kind.class,
          WorkerNotice.class,
          StepReport.class,
          StageReport.class,
          WorkerResult.class,
          TensorNorms.class,
          StepReplay.class,
          ReplayResult.class,
          RankStatus.class,
          CheckpointDone.class);

  private WireFormat() {}

  /** The bytes of an object of a registered class. */
  static byte[] encode(Object message) {
    try (Output output = new Output(256, -1)) {
      output.writeInt(VERSION);
      kryo().writeClassAndObject(output, message);
      return output.toBytes();
    }
  }

  /**
   * The object in the bytes.
   *
   * @throws IllegalArgumentException if they are of another version or not what {@link #encode}
   *     writes
   */
  static Object decode(byte[] bytes) {
    try (Input input = new Input(bytes)) {
      int version = input.readInt();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "message of format "
                + version
                + ", expected "
                + VERSION
                + ": two versions of the jar?");
      }
      return kryo().readClassAndObject(input);
    } catch (KryoException e) {
      throw new IllegalArgumentException("not a message of format " + VERSION, e);
    }
  }

  private static Kryo kryo() {
    Kryo kryo = new Kryo();
    kryo.setRegistrationRequired(true);
    kryo.setReferences(false);
    int id = 20;
    for (Class<?> type : CLASSES) {
      kryo.register(type, id++);
    }
    return kryo;
  }
}
