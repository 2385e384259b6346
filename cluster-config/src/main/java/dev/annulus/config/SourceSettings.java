package dev.annulus.config;

import java.io.Serializable;
import java.util.OptionalDouble;

/**
 * One entry of {@code data.sources} or {@code evaluation.sources}.
 *
 * @param path a file, a directory or a glob, on any file system that Spark reads
 * @param format how documents are stored; the default follows the ending (.jsonl, .json: jsonl;
 *     .parquet: parquet; else text), behind .gz or .zst where there is one
 * @param content what a document is made of
 * @param weight share of the source in what is packed, relative to the other sources'; empty: what
 *     there is
 * @param maxRepeats how often the source may be gone through to reach its share; above 0
 */
public record SourceSettings(
    String path, Format format, Content content, OptionalDouble weight, double maxRepeats) {
  /** The key of ready token ids. */
  public static final String INPUT_IDS = "input_ids";

  /** How documents are stored. */
  public enum Format {
    /** One file is one document. */
    TEXT,
    /** One JSON object a line. */
    JSONL,
    /** One row a document. */
    PARQUET
  }

  /** Which keys or columns hold a document. */
  public sealed interface Content extends Serializable {
    /** The key that is read first; for messages. */
    String field();
  }

  /**
   * Text, all of it learned.
   *
   * @param field the key; means nothing for {@link Format#TEXT}
   */
  public record Text(String field) implements Content {}

  /**
   * Ready token ids under {@link #INPUT_IDS}.
   *
   * @param modalityField key of a list beside them with a modality id a token; empty: all are 0
   */
  public record TokenIds(String modalityField) implements Content {
    @Override
    public String field() {
      return INPUT_IDS;
    }
  }

  /** Two texts, of which the second is learned. */
  public record PromptAnswer(String prompt, String answer) implements Content {
    @Override
    public String field() {
      return prompt;
    }
  }

  /** A list of turns, of which the assistant's are learned. */
  public record Messages(String field) implements Content {}

  /** A source taken as it is, of text or, where {@code field} is input_ids, of ready token ids. */
  public SourceSettings(String path, Format format, String field) {
    this(path, format, contentOf(format, field, ""), OptionalDouble.empty(), 1);
  }

  static Content contentOf(Format format, String field, String modalityField) {
    return format != Format.TEXT && field.equals(INPUT_IDS)
        ? new TokenIds(modalityField)
        : new Text(field);
  }

  /** Whether the documents are token ids already, so that no tokeniser is needed. */
  public boolean holdsTokenIds() {
    return content instanceof TokenIds;
  }
}
