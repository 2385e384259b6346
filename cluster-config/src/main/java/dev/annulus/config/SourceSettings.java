package dev.annulus.config;

/**
 * One entry of {@code data.sources} or {@code evaluation.sources}.
 *
 * @param path a file, a directory or a glob, on any file system that Spark reads
 * @param format how documents are stored; the default follows the ending (.jsonl, .json: jsonl;
 *     .parquet: parquet; else text)
 * @param field the column or JSON key: {@code text} (the default) holds text, {@code input_ids}
 *     ready token ids
 */
public record SourceSettings(String path, Format format, String field) {
  /** How documents are stored. */
  public enum Format {
    /** One file is one document. */
    TEXT,
    /** One JSON object a line. */
    JSONL,
    /** One row a document. */
    PARQUET
  }

  /** Whether the documents are token ids already, so that no tokeniser is needed. */
  public boolean holdsTokenIds() {
    return format != Format.TEXT && field.equals("input_ids");
  }
}
