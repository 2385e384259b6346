package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.io.Output;
import dev.annulus.config.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Bytes from outside become objects of the listed classes or an error, and nothing else. */
final class WireFormatTest {
  private static final WorkerFailure MESSAGE =
      new WorkerFailure(
          3,
          1,
          WorkerFailure.Kind.WRONG_INPUT,
          "no",
          new ArrayList<>(List.of(new Problem("a", "b", "c"))));

  /** Says whether it was ever made. */
  public static final class Foreign {
    static final AtomicInteger MADE = new AtomicInteger();

    public Foreign() {
      MADE.incrementAndGet();
    }
  }

  private static byte[] withVersion(byte[] body) {
    try (Output output = new Output(256, -1)) {
      output.writeInt(WireFormat.VERSION);
      output.writeBytes(body);
      return output.toBytes();
    }
  }

  @Test
  void whatIsRegisteredComesBack() {
    assertThat(WireFormat.decode(WireFormat.encode(MESSAGE))).isEqualTo(MESSAGE);
  }

  @Test
  void classesThatAreNotListedAreNeitherWrittenNorMade() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WireFormat.encode(new Foreign()))
        .withMessageContaining("not registered");
    // Kryo's own way of sending a class by its name.
    Kryo lenient = new Kryo();
    lenient.setRegistrationRequired(false);
    try (Output output = new Output(256, -1)) {
      lenient.writeClassAndObject(output, new Foreign());
      int ofSender = Foreign.MADE.get();
      byte[] bytes = withVersion(output.toBytes());
      assertThatIllegalArgumentException().isThrownBy(() -> WireFormat.decode(bytes));
      assertThat(Foreign.MADE).hasValue(ofSender);
    }
  }

  @Test
  void javasOwnSerializationIsNoMessage() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new ArrayList<>(List.of("a")));
    }
    byte[] java = bytes.toByteArray();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WireFormat.decode(java))
        .withMessageContaining("two versions of the jar");
    assertThatIllegalArgumentException().isThrownBy(() -> WireFormat.decode(withVersion(java)));
  }

  @Test
  void whatWasCutIsRefused() {
    byte[] good = WireFormat.encode(MESSAGE);
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatIllegalArgumentException().isThrownBy(() -> WireFormat.decode(cut));
    }
  }
}
