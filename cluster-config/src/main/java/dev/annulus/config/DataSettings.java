package dev.annulus.config;

import java.util.List;

/**
 * {@code data:} what is learned from, and how it becomes packed rows.
 *
 * @param sources at least one
 * @param packedDir default {@code <output_dir>/packed}
 * @param addBos put the tokeniser's BOS in front of each document of text; default true
 * @param addEos put its EOS behind; default true
 * @param longDocuments what happens to a document longer than a row; default split
 * @param lossNormalization default token
 * @param shuffle visit rows in a seeded random order, anew each epoch; default true
 */
public record DataSettings(
    List<SourceSettings> sources,
    String packedDir,
    boolean addBos,
    boolean addEos,
    LongDocuments longDocuments,
    LossNormalization lossNormalization,
    boolean shuffle) {
  public DataSettings {
    sources = List.copyOf(sources);
  }

  /** How the loss of a step is averaged; numerics in docs/numerics.md. */
  public enum LossNormalization {
    /** Every target token weighs the same. */
    TOKEN,
    /** Every document weighs the same. */
    EXAMPLE
  }

  /** What to do with a document longer than a row. */
  public enum LongDocuments {
    /**
     * Cut into pieces that fit; each piece is a segment of its own, and no target is lost at a cut.
     */
    SPLIT,
    /** Keep the first row's worth. */
    TRUNCATE,
    /** Leave it out (counted). */
    DROP,
    /** Stop with an error. */
    RAISE
  }
}
