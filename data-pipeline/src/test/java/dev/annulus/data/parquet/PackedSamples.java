package dev.annulus.data.parquet;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.ModalityLoss;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.Packer;
import dev.annulus.data.pack.PackingReport;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.source.SourceFingerprint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;

/** Packed folders of random documents. */
final class PackedSamples {
  static final int VOCABULARY = 300;
  static final Configuration CONF = new Configuration();

  private PackedSamples() {}

  static PackedIdentity identity(int sequenceLength) {
    return new PackedIdentity(
        List.of(new SourceFingerprint("corpus/*.txt", "TEXT", "text", 3, 1234, "ab".repeat(32))),
        "cd".repeat(32),
        "",
        VOCABULARY,
        true,
        true,
        sequenceLength,
        LongDocuments.SPLIT,
        SplitPositions.RESTART,
        LossNormalization.EXAMPLE,
        1 << 22,
        true,
        1234,
        List.of(),
        List.of(1.0),
        0,
        ModalityLoss.FACTOR,
        List.of());
  }

  /** Writes the documents of a seed, and gives the rows that were written. */
  static List<PackedRow> write(Path folder, int sequenceLength, int documents, long seed) {
    return write(folder, sequenceLength, 1 << 22, documents, seed);
  }

  static List<PackedRow> write(
      Path folder, int sequenceLength, int tokensPerPart, int documents, long seed) {
    return write(folder.toString(), sequenceLength, tokensPerPart, documents, seed, CONF);
  }

  static List<PackedRow> write(
      String folder,
      int sequenceLength,
      int tokensPerPart,
      int documents,
      long seed,
      Configuration conf) {
    SplittableRandom random = new SplittableRandom(seed);
    List<DocumentTokens> list =
        IntStream.range(0, documents)
            .mapToObj(
                d ->
                    new DocumentTokens(
                        "doc:" + d,
                        random
                            .ints(random.nextInt(1, 2 * sequenceLength), 0, VOCABULARY)
                            .toArray()))
            .toList();
    PackingSettings settings =
        PackingSettings.of(
            sequenceLength, LongDocuments.SPLIT, SplitPositions.RESTART, LossNormalization.EXAMPLE);
    List<PackedRow> rows = new ArrayList<>();
    try (PackedFolderWriter writer =
        new PackedFolderWriter(folder, sequenceLength, tokensPerPart, conf)) {
      PackingReport report =
          Packer.pack(
              list.iterator(),
              settings,
              row -> {
                rows.add(row);
                writer.write(row);
              });
      writer.commit(identity(sequenceLength), report);
    }
    return rows;
  }
}
