package dev.annulus.config;

import java.util.List;
import java.util.Optional;

/**
 * {@code data:} what is learned from, and how it becomes packed rows.
 *
 * @param sources at least one
 * @param packedDir default {@code <output_dir>/packed}
 * @param addBos put the tokeniser's BOS in front of each document of text; default true
 * @param addEos put its EOS behind; default true
 * @param longDocuments what happens to a document longer than a row; default split
 * @param splitPositions where the positions of a later piece of a split document begin; default
 *     restart
 * @param lossNormalization default token
 * @param shuffle visit rows in a seeded random order, anew each epoch; default true
 * @param heldOutShare share of the documents, by a hash of their contents, that is kept out of the
 *     rows; default 0
 * @param maxBadShare share of the documents that may be wrong before the job stops; default 0
 * @param chatTemplate a file to use instead of the tokeniser's own chat template
 * @param modalityLoss what the numbers of the modalities are; default factor
 * @param modalities weights of kinds of tokens; empty: all count the same
 * @param statistics write statistics of the documents beside the packed rows; default true
 */
public record DataSettings(
    List<SourceSettings> sources,
    String packedDir,
    boolean addBos,
    boolean addEos,
    LongDocuments longDocuments,
    SplitPositions splitPositions,
    LossNormalization lossNormalization,
    boolean shuffle,
    double heldOutShare,
    double maxBadShare,
    Optional<String> chatTemplate,
    ModalityLoss modalityLoss,
    List<ModalitySettings> modalities,
    boolean statistics) {
  public DataSettings {
    sources = List.copyOf(sources);
    modalities = List.copyOf(modalities);
  }

  /** With the defaults of what is not given, and without statistics. */
  public DataSettings(
      List<SourceSettings> sources,
      String packedDir,
      boolean addBos,
      boolean addEos,
      LongDocuments longDocuments,
      LossNormalization lossNormalization,
      boolean shuffle) {
    this(
        sources,
        packedDir,
        addBos,
        addEos,
        longDocuments,
        SplitPositions.RESTART,
        lossNormalization,
        shuffle,
        0,
        0,
        Optional.empty(),
        ModalityLoss.FACTOR,
        List.of(),
        false);
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

  /** What the number of a modality means. */
  public enum ModalityLoss {
    /** The weight of each of its targets is multiplied by it. */
    FACTOR,
    /** Its targets together have this share of all loss weights of the packed data. */
    SHARE
  }

  /** Positions of the pieces of a split document. */
  public enum SplitPositions {
    /** Each piece begins at 0, as if it were a document. */
    RESTART,
    /** Each token has its position in the whole document. */
    KEEP
  }
}
