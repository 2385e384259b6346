package dev.annulus.data.document;

import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads documents on one machine, without Spark: what {@code evaluate --data} takes. */
public final class DocumentReader {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private DocumentReader() {}

  /**
   * All documents of a JSONL file in its order, each under {@code text} or {@code input_ids}; blank
   * lines are none.
   *
   * @throws InvalidInputException if the file is not there or holds no document, or with the lines
   *     that are wrong
   */
  public static List<Document> readJsonLines(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file.toString(), Files.exists(file) ? "not a file" : "no such file", "a JSONL file");
    }
    List<Document> documents = new ArrayList<>();
    ProblemList problems = new ProblemList();
    try (ByteLines lines = new ByteLines(Files.newInputStream(file))) {
      long number = 0;
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        number++;
        byte[] json = number == 1 ? withoutByteOrderMark(line) : line;
        if (JsonLine.isBlank(json)) {
          continue;
        }
        switch (JsonLine.parseEither(file + ":" + number, json)) {
          case Outcome.Good<Document>(Document document) -> documents.add(document);
          case Outcome.Bad<Document>(var problem, var endsFile) -> problems.add(problem);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
    problems.throwIfAny();
    if (documents.isEmpty()) {
      throw new InvalidInputException(file.toString(), "no documents", "at least one line of JSON");
    }
    return documents;
  }

  /** The first line of a file without the mark that some editors put in front. */
  public static byte[] withoutByteOrderMark(byte[] line) {
    boolean marked =
        line.length >= BYTE_ORDER_MARK.length && Arrays.equals(line, 0, 3, BYTE_ORDER_MARK, 0, 3);
    return marked ? Arrays.copyOfRange(line, 3, line.length) : line;
  }
}
