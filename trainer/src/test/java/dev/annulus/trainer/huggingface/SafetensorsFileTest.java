package dev.annulus.trainer.huggingface;

import static dev.annulus.trainer.huggingface.SafetensorsBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Types are converted, and a header that lies about its file is refused. */
final class SafetensorsFileTest {
  @TempDir Path folder;

  private static List<Problem> problems(Path file) {
    InvalidInputException failure =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> {
              try (SafetensorsFile opened = SafetensorsFile.open(file)) {
                assertThat(opened.tensors()).as("a file that should be refused").isNull();
              }
            });
    assertThat(failure).isNotNull();
    return failure.problems();
  }

  @Test
  void convertsAllFloatTypes() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(-0.1).putDouble(1e300);
    data.putFloat(3.25f).putFloat(Float.MIN_VALUE);
    data.putShort((short) 0x3C01).putShort((short) 0xFC00); // fp16: 1 + 2^-10, -infinity
    data.putShort((short) 0x3F81).putShort((short) 0x0001); // bf16: 1 + 2^-7, smallest
    data.putLong(0);
    Path file =
        SafetensorsBytes.write(
            folder.resolve("types.safetensors"),
            "{"
                + String.join(
                    ",",
                    entry("d", "F64", "[2]", 0, 16),
                    entry("f", "F32", "[1,2]", 16, 24),
                    entry("h", "F16", "[2,1]", 24, 28),
                    entry("b", "BF16", "[2]", 28, 32),
                    entry("i", "I64", "[]", 32, 40))
                + "}",
            data.array());

    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(floats(opened, "d")).containsExactly(-0.1f, Float.POSITIVE_INFINITY);
      assertThat(floats(opened, "f")).containsExactly(3.25f, Float.MIN_VALUE);
      assertThat(floats(opened, "h")).containsExactly(1 + 0x1p-10f, Float.NEGATIVE_INFINITY);
      assertThat(floats(opened, "b")).containsExactly(1 + 0x1p-7f, 0x1p-133f);
      assertThat(opened.tensors().get("i").shape()).isEmpty();
      assertThat(opened.tensors().get("h").shape()).containsExactly(2L, 1L);
    }
  }

  private static float[] floats(SafetensorsFile file, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(8);
      StoredTensor tensor = file.tensors().get(name);
      file.toFloats(tensor, 0, (int) tensor.size(), target);
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  static Stream<Arguments> lyingHeaders() {
    String a = entry("a", "F32", "[2]", 0, 8);
    return Stream.of(
        Arguments.of("not JSON", "{\"a\":", "header"),
        Arguments.of("a list", "[1]", "header"),
        Arguments.of("text behind the object", "{} x", "header"),
        Arguments.of("empty", "", "header"),
        Arguments.of("two tensors of one name", "{" + a + "," + a + "}", "header"),
        Arguments.of("type", "{" + entry("a", "F31", "[2]", 0, 8) + "}", "tensor a dtype"),
        Arguments.of("shape", "{" + entry("a", "F32", "[-2]", 0, 8) + "}", "tensor a shape"),
        Arguments.of("shape of text", "{" + entry("a", "F32", "\"2\"", 0, 8) + "}", "a shape"),
        Arguments.of("size", "{" + entry("a", "F32", "[3]", 0, 8) + "}", "tensor a"),
        Arguments.of(
            "overflow", "{" + entry("a", "F32", "[4611686018427387904,4]", 0, 8) + "}", "a"),
        Arguments.of("backwards", "{" + entry("a", "F32", "[2]", 8, 0) + "}", "data_offsets"),
        Arguments.of(
            "one offset",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}",
            "data_offsets"),
        Arguments.of("no object", "{\"a\":3}", "tensor a"),
        Arguments.of("beyond the file", "{" + entry("a", "F32", "[4]", 0, 16) + "}", "tensor a"),
        Arguments.of("data left over", "{" + entry("a", "F32", "[1]", 0, 4) + "}", ""),
        Arguments.of("a hole at the start", "{" + entry("a", "F32", "[1]", 4, 8) + "}", "tensor a"),
        Arguments.of(
            "a hole",
            "{" + entry("a", "F16", "[1]", 0, 2) + "," + entry("b", "F32", "[1]", 4, 8) + "}",
            "tensor b"),
        Arguments.of(
            "overlap",
            "{" + entry("a", "F32", "[2]", 0, 8) + "," + entry("b", "F32", "[1]", 4, 8) + "}",
            "tensor b"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lyingHeaders")
  void refusesAHeaderThatLies(String what, String json, String place) throws IOException {
    Path file = SafetensorsBytes.write(folder.resolve("bad.safetensors"), json, 8);

    assertThat(problems(file))
        .anySatisfy(problem -> assertThat(problem.place()).contains("bad.safetensors", place));
  }

  @Test
  void refusesAHeaderLongerThanTheFileOrTheFormatAllows() throws IOException {
    for (long headerBytes : new long[] {11, 100_000_001, Long.MAX_VALUE, -1}) {
      Path file =
          SafetensorsBytes.write(
              folder.resolve("long.safetensors"), headerBytes, "{}", new byte[8]);
      assertThat(problems(file))
          .singleElement()
          .satisfies(
              problem -> {
                assertThat(problem.place()).endsWith("long.safetensors header");
                assertThat(problem.value()).contains(Long.toUnsignedString(headerBytes));
              });
    }
    Path tiny = Files.write(folder.resolve("tiny.safetensors"), new byte[7]);
    assertThat(problems(tiny)).singleElement().asString().contains("7 bytes");
    assertThat(problems(folder.resolve("none.safetensors")))
        .singleElement()
        .asString()
        .contains("no such file");
  }

  @Test
  void noDamageGivesAnythingButAnErrorOfTheInput() throws IOException {
    long seed = 20261123;
    SplittableRandom random = new SplittableRandom(seed);
    byte[] whole =
        Files.readAllBytes(
            SafetensorsBytes.write(
                folder.resolve("whole.safetensors"),
                "{"
                    + entry("a", "F32", "[2,3]", 0, 24)
                    + ","
                    + entry("b", "BF16", "[4]", 24, 32)
                    + "}",
                32));
    Path file = folder.resolve("damaged.safetensors");
    int refused = 0;
    for (int trial = 0; trial < 500; trial++) {
      byte[] damaged = whole.clone();
      if (trial % 2 == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(whole.length));
      } else {
        damaged[random.nextInt(whole.length - 32)] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        assertThat(opened.tensors()).as("seed %d trial %d", seed, trial).hasSizeLessThan(3);
      } catch (InvalidInputException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed %d", seed).isGreaterThan(400);
  }
}
