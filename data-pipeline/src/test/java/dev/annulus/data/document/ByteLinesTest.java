package dev.annulus.data.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ByteLinesTest {
  private static List<String> lines(String text) throws IOException {
    List<String> lines = new ArrayList<>();
    try (ByteLines bytes =
        new ByteLines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
      for (byte[] line = bytes.next(); line != null; line = bytes.next()) {
        lines.add(new String(line, StandardCharsets.UTF_8) + "@" + bytes.position());
      }
    }
    return lines;
  }

  @Test
  void endsAtLineFeeds() throws IOException {
    assertThat(lines("")).isEmpty();
    assertThat(lines("a")).containsExactly("a@1");
    assertThat(lines("a\n")).containsExactly("a@2");
    assertThat(lines("\n\r\na\rb\r\n")).containsExactly("@1", "@3", "a\rb@8");
  }

  @Test
  void linesLongerThanTheBuffer() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 20; i++) {
      List<String> expected = new ArrayList<>();
      StringBuilder text = new StringBuilder();
      for (int n = 0; n < 5; n++) {
        String line = "x".repeat(random.nextInt(200_000));
        text.append(line).append('\n');
        expected.add(line + "@" + text.length());
      }
      assertThat(lines(text.toString())).isEqualTo(expected);
    }
  }
}
