package dev.annulus.data.pack;

import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.Problem;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.ProblemList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Best-fit-decreasing packing within windows: the documents of a window go, longest first, each
 * into the row that it fills best; rows that stay open go on into the next window. Holds one window
 * and as many tokens of open rows. The rows depend on the documents, their order and the settings,
 * and on nothing else.
 */
public final class Packer {
  private static final Comparator<Segment> LONGEST_FIRST =
      Comparator.comparingInt(Segment::length).reversed();

  private final PackingSettings settings;
  private final OpenRows open;
  private final List<Segment> window = new ArrayList<>();
  private final PackingCounts counts = new PackingCounts();
  private final ProblemList tooLong = new ProblemList();
  private long windowTokens;

  private Packer(PackingSettings settings, Consumer<PackedRow> rows) {
    this.settings = settings;
    this.open = new OpenRows(settings.sequenceLength(), rows);
  }

  /**
   * Packs documents in the order given; empty ones are counted and left out.
   *
   * @param rows gets each row when it is full, or when its window has passed
   * @throws dev.annulus.config.InvalidInputException if documents are longer than a row and the
   *     settings say to raise; names the first ones, after all were read
   */
  public static PackingReport pack(
      Iterator<DocumentTokens> documents, PackingSettings settings, Consumer<PackedRow> rows) {
    Packer packer = new Packer(settings, rows);
    documents.forEachRemaining(packer::add);
    packer.tooLong.throwIfAny();
    packer.placeWindow();
    packer.open.shrinkTo(0);
    return packer.counts.report(settings.sequenceLength(), packer.open.count());
  }

  private void add(DocumentTokens document) {
    int length = document.ids().length;
    int end = admit(document);
    counts.document(length);
    if (end == 0) {
      return;
    }
    float weight =
        settings.lossNormalization() == LossNormalization.EXAMPLE && end > 1
            ? (float) (1.0 / (end - 1))
            : 1f;
    List<Segment> segments = Segment.cut(document.ids(), end, settings.sequenceLength(), weight);
    counts.packed(end, segments.size());
    window.addAll(segments);
    windowTokens += end;
    if (windowTokens >= settings.windowTokens()) {
      placeWindow();
    }
  }

  /** How many tokens of the document are packed. */
  private int admit(DocumentTokens document) {
    int length = document.ids().length;
    if (length == 0) {
      counts.lose(LossReason.EMPTY, 0);
      return 0;
    }
    if (length <= settings.sequenceLength()) {
      return length;
    }
    return switch (settings.longDocuments()) {
      case SPLIT -> length;
      case TRUNCATE -> {
        counts.lose(LossReason.TRUNCATED, length - settings.sequenceLength());
        yield settings.sequenceLength();
      }
      case DROP -> {
        counts.lose(LossReason.TOO_LONG, length);
        yield 0;
      }
      case RAISE -> {
        tooLong.add(
            new Problem(
                document.place(),
                "a document of " + length + " tokens",
                "at most "
                    + settings.sequenceLength()
                    + ", or data.long_documents: split, truncate or drop"));
        counts.lose(LossReason.TOO_LONG, length);
        yield 0;
      }
    };
  }

  private void placeWindow() {
    window.sort(LONGEST_FIRST);
    window.forEach(open::place);
    open.shrinkTo(settings.openRows());
    window.clear();
    windowTokens = 0;
  }
}
