package dev.annulus.data.spark;

import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentEncoder;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.source.FileSplit;
import dev.annulus.data.source.SplitDocuments;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Reads and tokenises the splits of a partition, document by document.
 *
 * @param groups the splits of each partition, by its number
 * @param conf of Hadoop
 * @param tokenizer or null
 * @param addBos put BOS in front of text
 * @param addEos put EOS behind it
 * @param vocabularySize every id is below
 * @param shuffle whether rows get a key that shuffles them
 * @param seed of the shuffle
 */
record TokenizeTask(
    List<List<FileSplit>> groups,
    SerializableConfiguration conf,
    TokenizerSpec tokenizer,
    boolean addBos,
    boolean addEos,
    int vocabularySize,
    boolean shuffle,
    long seed)
    implements MapPartitionsFunction<Long, Row> {
  @Override
  public Iterator<Row> call(Iterator<Long> numbers) {
    DocumentEncoder encoder =
        new DocumentEncoder(
            Optional.ofNullable(tokenizer).map(ExecutorTokenizers::get),
            addBos,
            addEos,
            vocabularySize);
    Rows rows = new Rows(numbers, encoder);
    TaskCompletionListener close = context -> rows.close();
    TaskContext.get().addTaskCompletionListener(close);
    return rows;
  }

  private final class Rows implements Iterator<Row> {
    private final Iterator<Long> numbers;
    private final DocumentEncoder encoder;
    private Iterator<FileSplit> splits = List.<FileSplit>of().iterator();
    private FileSplit split;
    private SplitDocuments documents;
    private Row next;

    Rows(Iterator<Long> numbers, DocumentEncoder encoder) {
      this.numbers = numbers;
      this.encoder = encoder;
    }

    @Override
    public boolean hasNext() {
      while (next == null && advance()) {
        // Goes on to the next split.
      }
      return next != null;
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Row row = next;
      next = null;
      return row;
    }

    /** Takes one document or opens one split; false at the end. */
    private boolean advance() {
      try {
        if (documents != null) {
          SplitDocuments.Numbered numbered = documents.next();
          if (numbered != null) {
            next = row(numbered);
            return true;
          }
          close();
        }
        while (!splits.hasNext()) {
          if (!numbers.hasNext()) {
            return false;
          }
          splits = groups.get(Math.toIntExact(numbers.next())).iterator();
        }
        split = splits.next();
        documents = SplitDocuments.open(split, conf.value());
        return true;
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + split.file().place(), e);
      }
    }

    private Row row(SplitDocuments.Numbered numbered) {
      Outcome<DocumentTokens> tokens =
          switch (numbered.outcome()) {
            case Outcome.Good<Document>(Document document) -> encoder.encode(document);
            case Outcome.Bad<Document>(var problem) -> new Outcome.Bad<>(problem);
          };
      long key = shuffle ? TokenTable.shuffleKey(seed, split, numbered.line()) : 0;
      return TokenTable.row(key, split, numbered.line(), tokens);
    }

    private void close() {
      if (documents != null) {
        try {
          documents.close();
        } catch (IOException e) {
          throw new UncheckedIOException("closing " + split.file().place(), e);
        }
        documents = null;
      }
    }
  }
}
