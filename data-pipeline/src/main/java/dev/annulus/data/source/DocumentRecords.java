package dev.annulus.data.source;

import dev.annulus.config.SourceSettings.Messages;
import dev.annulus.config.SourceSettings.PromptAnswer;
import dev.annulus.config.SourceSettings.Text;
import dev.annulus.config.SourceSettings.TokenIds;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentValues;
import dev.annulus.data.document.Outcome;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Rows whose documents are made of several columns, or of nested ones. */
final class DocumentRecords implements RowDocuments {
  private final FileSplit split;
  private final RecordReader<Group> records;
  private final long rows;
  private final long firstRow;
  private long row;

  DocumentRecords(FileSplit split, PageReadStore group, MessageType schema)
      throws UnfitColumnException {
    this.split = split;
    List<String> fields =
        switch (split.content()) {
          case TokenIds(String modalities) -> List.of(split.content().field(), modalities);
          case PromptAnswer(String prompt, String answer) -> List.of(prompt, answer);
          case Messages(String messages) -> List.of(messages);
          case Text(String text) -> List.of(text);
        };
    for (String field : fields) {
      if (!schema.containsField(field)) {
        throw new UnfitColumnException(
            "columns " + schema.getFields().stream().map(Type::getName).toList(),
            "a column '" + field + "'");
      }
    }
    MessageType projection =
        new MessageType(schema.getName(), fields.stream().map(schema::getType).toList());
    this.records =
        new ColumnIOFactory()
            .getColumnIO(projection, schema)
            .getRecordReader(group, new GroupRecordConverter(projection));
    this.rows = group.getRowCount();
    this.firstRow = group.getRowIndexOffset().orElse(0L);
  }

  @Override
  public boolean hasNext() {
    return row < rows;
  }

  @Override
  public SplitDocuments.Numbered next() {
    long line = firstRow + ++row;
    Map<String, Object> values = new TreeMap<>(ParquetValues.fields(records.read()));
    String place = split.file().place() + ":" + line;
    Outcome<Document> outcome = DocumentValues.document(place, values, split.content());
    return new SplitDocuments.Numbered(line, outcome);
  }
}
