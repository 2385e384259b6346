package dev.annulus.data.benchmark;

import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The memory of a process (Linux) after it has encoded longer and longer texts at once. Arguments:
 * the tokeniser's folder, a folder of text as {@link CorpusMaker} takes it, largest text in MB.
 */
final class TokenizerMemoryBenchmark {
  private TokenizerMemoryBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    List<String> lines = CorpusMaker.lines(Path.of(arguments[1]));
    int largest = Integer.parseInt(arguments[2]) << 20;
    try (Tokenizer tokenizer = TokenizerSpec.read(arguments[0]).open()) {
      for (int size = 1 << 20; size <= largest; size *= 2) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < size; i++) {
          text.append(lines.get(i % lines.size())).append('\n');
        }
        text.setLength(size);
        int tokens = tokenizer.encode(text.toString()).length;
        System.out.printf(
            Locale.ROOT, "%,d MB of text, %,d tokens: %s%n", size >> 20, tokens, peak());
      }
    }
  }

  private static String peak() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .toList()
        .toString();
  }
}
