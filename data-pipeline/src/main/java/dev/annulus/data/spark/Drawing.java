package dev.annulus.data.spark;

import dev.annulus.data.pack.DocumentCutter;
import dev.annulus.data.pack.Mixture;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.spark.Selection.Block;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Which documents are packed, and how often: a function of the seed and of where they stand.
 *
 * @param mixture of the sources
 * @param settings of the packing
 * @param seed of the draws
 * @param shuffle whether the order of the documents is drawn too
 */
record Drawing(Mixture mixture, PackingSettings settings, long seed, boolean shuffle)
    implements Serializable {
  /** Tells the draw for the mixture from that for the order. */
  private static final int MIXTURE = 0x5eed;

  private static final String[] PLACE_AND_TOKENS = {
    TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE, TokenTable.TOKENS
  };
  private static final String[] WITH_MARKS = {
    TokenTable.SOURCE, TokenTable.FILE, TokenTable.LINE, TokenTable.TOKENS, TokenTable.MARKS
  };

  /** Number by which a document is ordered. */
  long key(int source, int file, long line) {
    return Draws.of(seed, source, file, line);
  }

  int copies(int source, int file, long line) {
    return mixture.copies(source, Draws.again(key(source, file, line), MIXTURE));
  }

  /**
   * Counts what is to be packed.
   *
   * @param withWeights whether the weights of modalities are wanted
   */
  Selection select(Dataset<Row> usable, boolean withWeights) {
    FlatMapFunction<java.util.Iterator<Row>, Selection> select =
        rows -> List.of(select(rows, withWeights)).iterator();
    Selection all = Selection.empty();
    List<Selection> parts =
        new ArrayList<>(
            usable
                .select(TokenTable.columns(withWeights ? WITH_MARKS : PLACE_AND_TOKENS))
                .toJavaRDD()
                .mapPartitions(select)
                .collect());
    parts.forEach(all::merge);
    return all;
  }

  private Selection select(java.util.Iterator<Row> rows, boolean withWeights) {
    Selection selection = Selection.empty();
    DocumentCutter cutter = new DocumentCutter(settings);
    while (rows.hasNext()) {
      Row row = rows.next();
      int source = row.getInt(0);
      int file = row.getInt(1);
      long line = row.getLong(2);
      int tokens = row.getInt(3);
      int copies = copies(source, file, line);
      selection.counts().add(tokens, copies, settings);
      long packed = (long) copies * settings.keptOf(tokens);
      if (!shuffle && packed > 0) {
        selection.blocks().merge(Block.of(source, file, line), packed, Long::sum);
      }
      if (withWeights && copies > 0) {
        cutter.addWeights(tokens, row.getAs(4), copies, selection.weights());
      }
    }
    return selection;
  }
}
