package dev.annulus.data.spark;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.annulus.config.DataSettings;
import dev.annulus.config.SourceSettings;
import dev.annulus.data.document.DocumentTokens;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * {@code held-out.jsonl} beside the packed folders: the documents that are in no row so that a
 * model can be measured on them, as token ids.
 */
public final class HeldOutFile {
  /** Its name in {@code packed_dir}. */
  public static final String NAME = "held-out.jsonl";

  private HeldOutFile() {}

  /** The file as a source. */
  public static SourceSettings source(DataSettings data) {
    return new SourceSettings(
        data.packedDir() + "/" + NAME, SourceSettings.Format.JSONL, SourceSettings.INPUT_IDS);
  }

  /** Why what is there does not do, in words; empty if it does, or none is wanted. */
  static Optional<String> missing(PrepareRequest request, Configuration conf) {
    if (request.data().heldOutShare() == 0) {
      return Optional.empty();
    }
    Path path = path(request);
    try {
      return path.getFileSystem(conf).exists(path)
          ? Optional.empty()
          : Optional.of(path + " is gone");
    } catch (IOException e) {
      throw new UncheckedIOException("looking for " + path, e);
    }
  }

  /** Writes the file aside, and puts it in place when it is whole. */
  static void write(TokenizedSources documents, PrepareRequest request, Configuration conf) {
    if (request.data().heldOutShare() == 0) {
      return;
    }
    Path path = path(request);
    Path aside = new Path(path.getParent(), "." + NAME + ".tmp");
    Iterator<Row> rows =
        documents
            .table()
            .filter(functions.col(TokenTable.HELD_OUT))
            .orderBy(TokenTable.sourceOrder())
            .select(TokenTable.columns(TokenTable.PLACE, TokenTable.IDS))
            .toLocalIterator();
    TokenBytes coding = TokenBytes.of(request.vocabularySize());
    try {
      FileSystem fileSystem = path.getFileSystem(conf);
      try (OutputStream out = fileSystem.create(aside, true);
          JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
        json.setRootValueSeparator(null);
        while (rows.hasNext()) {
          Row row = rows.next();
          write(json, new DocumentTokens(row.getString(0), coding.decode(row.getAs(1))));
        }
      }
      fileSystem.delete(path, false);
      if (!fileSystem.rename(aside, path)) {
        throw new IOException("cannot rename " + aside);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + path, e);
    }
  }

  private static void write(JsonGenerator json, DocumentTokens document) throws IOException {
    json.writeStartObject();
    json.writeStringField("place", document.place());
    json.writeFieldName(SourceSettings.INPUT_IDS);
    json.writeArray(document.ids(), 0, document.ids().length);
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private static Path path(PrepareRequest request) {
    return new Path(request.data().packedDir(), NAME);
  }
}
