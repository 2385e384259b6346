package dev.annulus.data.benchmark;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A corpus of any size from the text at hand: each document is a run of lines of some real files,
 * of a log-normal length (median 4 KB, sigma 1.2), with as many words as there are and none made
 * up. Arguments: the folder with the sources' jars or text files, the folder to write, bytes, seed.
 */
final class CorpusMaker {
  private static final double MEDIAN_BYTES = 4096;
  private static final double SIGMA = 1.2;
  private static final long SHARD_BYTES = 64L << 20;

  private CorpusMaker() {}

  public static void main(String[] arguments) throws IOException {
    long bytes = Long.parseLong(arguments[2]);
    long written =
        write(
            lines(Path.of(arguments[0])),
            Path.of(arguments[1]),
            bytes,
            Long.parseLong(arguments[3]));
    System.out.printf(
        Locale.ROOT, "%,d documents, seed %s, in %s%n", written, arguments[3], arguments[1]);
  }

  /** Lines of all files, those of a file together. */
  static List<String> lines(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (file.toString().endsWith(".jar")) {
          addJar(file, lines);
        } else {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines;
  }

  private static void addJar(Path file, List<String> lines) throws IOException {
    try (ZipFile jar = new ZipFile(file.toFile())) {
      for (ZipEntry entry :
          jar.stream().filter(e -> e.getName().matches(".*[.](scala|java)")).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(lines::add);
        }
      }
    }
  }

  private static long write(List<String> lines, Path folder, long bytes, long seed)
      throws IOException {
    Files.createDirectories(folder);
    SplittableRandom random = new SplittableRandom(seed);
    long documents = 0;
    int shard = 0;
    for (long left = bytes; left > 0; shard++) {
      Path file = folder.resolve(String.format(Locale.ROOT, "shard-%04d.jsonl", shard));
      long shardLeft = Math.min(left, SHARD_BYTES);
      left -= shardLeft;
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
          JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
        json.setRootValueSeparator(null);
        while (shardLeft > 0) {
          String text = document(lines, random);
          json.writeStartObject();
          json.writeStringField("text", text);
          json.writeEndObject();
          json.writeRaw('\n');
          shardLeft -= text.length() + 16;
          documents++;
        }
      }
    }
    return documents;
  }

  private static String document(List<String> lines, SplittableRandom random) {
    int length = (int) (MEDIAN_BYTES * Math.exp(SIGMA * random.nextGaussian()));
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      int at = random.nextInt(lines.size());
      for (int i = 0; i < 40 && at + i < lines.size() && text.length() < length; i++) {
        text.append(lines.get(at + i)).append('\n');
      }
    }
    return text.toString();
  }
}
