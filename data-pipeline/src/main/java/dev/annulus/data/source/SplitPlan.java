package dev.annulus.data.source;

import dev.annulus.config.SourceSettings.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** How sources are cut into splits, and these into tasks. What is read does not depend on it. */
public final class SplitPlan {
  /** Opening a file costs about as much as reading this much. */
  private static final long OPEN_COST_BYTES = 1 << 16;

  private SplitPlan() {}

  /**
   * Splits in the order of their documents. Text is never cut, as a file is one document, nor is
   * what is compressed, as it cannot be read from the middle.
   *
   * @param splitBytes largest split of a file that can be cut
   */
  public static List<FileSplit> splits(List<Source> sources, long splitBytes) {
    List<FileSplit> splits = new ArrayList<>();
    for (int s = 0; s < sources.size(); s++) {
      Source source = sources.get(s);
      Format format = source.settings().format();
      for (int f = 0; f < source.files().size(); f++) {
        SourceFile file = source.files().get(f);
        boolean whole =
            format == Format.TEXT
                || (format == Format.JSONL && file.compression() != Compression.NONE);
        long step = whole ? Math.max(1, file.bytes()) : splitBytes;
        long start = 0;
        do {
          long end = start + Math.min(file.bytes() - start, step);
          splits.add(new FileSplit(s, f, file, format, source.settings().content(), start, end, 0));
          start = end;
        } while (start < file.bytes());
      }
    }
    return splits;
  }

  /**
   * The same splits, each with the number of line feeds before it in its file.
   *
   * @param countAll counts the line feeds in each of some splits; asked only for files of several
   */
  public static List<FileSplit> numbered(
      List<FileSplit> splits, Function<List<FileSplit>, long[]> countAll) {
    List<FileSplit> asked =
        splits.stream()
            .filter(split -> split.format() == Format.JSONL && split.end() < split.file().bytes())
            .toList();
    if (asked.isEmpty()) {
      return splits;
    }
    long[] counts = countAll.apply(asked);
    List<FileSplit> numbered = new ArrayList<>(splits.size());
    int next = 0;
    long lines = 0;
    for (FileSplit split : splits) {
      lines = split.start() == 0 ? 0 : lines;
      numbered.add(split.after(lines));
      if (next < asked.size() && asked.get(next).equals(split)) {
        lines += counts[next++];
      }
    }
    return numbered;
  }

  /** Neighbouring splits in groups of about {@code groupBytes}. */
  public static List<List<FileSplit>> grouped(List<FileSplit> splits, long groupBytes) {
    List<List<FileSplit>> groups = new ArrayList<>();
    List<FileSplit> group = new ArrayList<>();
    long bytes = 0;
    for (FileSplit split : splits) {
      group.add(split);
      bytes += split.bytes() + OPEN_COST_BYTES;
      if (bytes >= groupBytes) {
        groups.add(List.copyOf(group));
        group.clear();
        bytes = 0;
      }
    }
    if (!group.isEmpty()) {
      groups.add(List.copyOf(group));
    }
    return groups;
  }
}
