package dev.annulus.data.pack;

import dev.annulus.data.document.DocumentTokens;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Packing in one thread, as it stands in the data format: windows in the order of the documents,
 * what they leave over in fewer windows, until there is one.
 */
public final class Packer {
  private Packer() {}

  /** Packs documents; windows are cut where a window's tokens are reached. */
  public static PackingReport pack(
      Iterator<DocumentTokens> documents, PackingSettings settings, Consumer<PackedRow> rows) {
    PackingCounts counts = new PackingCounts();
    DocumentCutter cutter = new DocumentCutter(settings);
    List<List<Piece>> windows = new ArrayList<>();
    long held = 0;
    windows.add(new ArrayList<>());
    while (documents.hasNext()) {
      DocumentTokens document = documents.next();
      counts.add(document.ids().length, 1, settings);
      if (held >= settings.windowTokens()) {
        windows.add(new ArrayList<>());
        held = 0;
      }
      windows.getLast().addAll(cutter.cut(document));
      held += settings.keptOf(document.ids().length);
    }
    return counts.report(settings.sequenceLength(), pack(windows, settings, rows));
  }

  /** Packs windows, and windows of what they leave. */
  public static PackedCounts pack(
      List<List<Piece>> windows, PackingSettings settings, Consumer<PackedRow> rows) {
    PackedCounts counts = PackedCounts.NONE;
    List<List<Piece>> left = windows;
    while (!left.isEmpty()) {
      boolean last = left.size() == 1;
      List<List<Piece>> carried = new ArrayList<>();
      long tokens = 0;
      for (List<Piece> window : left) {
        WindowPacker packer = new WindowPacker(settings, ModalityFactors.NONE, false, rows);
        window.forEach(packer::add);
        carried.add(packer.finish(last));
        counts = counts.plus(packer.counts());
        tokens += carried.getLast().stream().mapToLong(Piece::length).sum();
      }
      left = last ? List.of() : PackingPass.merged(carried, settings.windowsFor(tokens));
    }
    return counts;
  }
}
