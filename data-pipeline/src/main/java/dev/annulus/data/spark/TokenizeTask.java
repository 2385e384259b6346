package dev.annulus.data.spark;

import dev.annulus.config.Problem;
import dev.annulus.data.chat.ChatRenderer;
import dev.annulus.data.chat.ChatTemplate;
import dev.annulus.data.document.ContentHash;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentEncoder;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.source.FileSplit;
import dev.annulus.data.source.SplitDocuments;
import dev.annulus.data.statistics.MinHash;
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
 * @param chatTemplate or null
 * @param addBos put BOS in front of text
 * @param addEos put EOS behind it
 * @param vocabularySize every id is below
 * @param heldOutShare share of the documents that is marked as held out
 * @param withSignatures whether near-duplicates are looked for
 */
record TokenizeTask(
    List<List<FileSplit>> groups,
    SerializableConfiguration conf,
    TokenizerSpec tokenizer,
    ChatTemplate chatTemplate,
    boolean addBos,
    boolean addEos,
    int vocabularySize,
    double heldOutShare,
    boolean withSignatures)
    implements MapPartitionsFunction<Long, Row> {
  @Override
  public Iterator<Row> call(Iterator<Long> numbers) {
    DocumentEncoder encoder =
        new DocumentEncoder(
            Optional.ofNullable(tokenizer).map(ExecutorTokenizers::get),
            Optional.ofNullable(chatTemplate).map(ChatRenderer::new),
            addBos,
            addEos,
            vocabularySize);
    Rows rows = new Rows(numbers, encoder);
    TaskCompletionListener close = context -> rows.close();
    TaskContext.get().addTaskCompletionListener(close);
    return rows;
  }

  private final class Rows implements Iterator<Row> {
    private final TokenBytes coding = TokenBytes.of(vocabularySize);
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
      return switch (numbered.outcome()) {
        case Outcome.Good<Document>(Document document) -> row(numbered.line(), document);
        case Outcome.Bad<Document>(Problem problem, boolean endsFile) ->
            TokenTable.bad(split, numbered.line(), problem, endsFile);
      };
    }

    private Row row(long line, Document document) {
      return switch (encoder.encode(document)) {
        case Outcome.Good<DocumentTokens>(DocumentTokens tokens) -> {
          long hash = ContentHash.of(document.content());
          yield TokenTable.good(
              split,
              line,
              tokens,
              coding,
              hash,
              tokens.ids().length > 0 && ContentHash.isBelow(hash, heldOutShare),
              withSignatures ? MinHash.signature(tokens.ids()) : null);
        }
        case Outcome.Bad<DocumentTokens>(Problem problem, boolean endsFile) ->
            TokenTable.bad(split, line, problem, endsFile);
      };
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
