package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;

/** Hands a packed row to Parquet value by value. */
final class PackedRowWriteSupport extends WriteSupport<PackedRow> {
  private final MessageType schema;
  private RecordConsumer consumer;

  PackedRowWriteSupport(boolean withModalities) {
    this.schema = withModalities ? PackedSchema.WITH_MODALITIES : PackedSchema.MESSAGE;
  }

  @Override
  public WriteContext init(ParquetConfiguration configuration) {
    return new WriteContext(schema, Map.of());
  }

  // Abstract above, though nothing calls it any more.
  @Override
  @SuppressWarnings("deprecation")
  public WriteContext init(Configuration configuration) {
    return new WriteContext(schema, Map.of());
  }

  @Override
  public void prepareForWrite(RecordConsumer recordConsumer) {
    consumer = recordConsumer;
  }

  @Override
  public void write(PackedRow row) {
    consumer.startMessage();
    write(0, PackedSchema.INPUT_IDS, row.inputIds());
    write(1, PackedSchema.TARGET_IDS, row.targetIds());
    write(2, PackedSchema.SEGMENT_IDS, row.segmentIds());
    write(3, PackedSchema.POSITION_IDS, row.positionIds());
    begin(4, PackedSchema.LOSS_WEIGHTS);
    for (float weight : row.lossWeights()) {
      beginElement();
      consumer.addFloat(weight);
      endElement();
    }
    end(4, PackedSchema.LOSS_WEIGHTS);
    if (schema.containsField(PackedSchema.MODALITY_IDS)) {
      write(5, PackedSchema.MODALITY_IDS, row.modalityIds());
    }
    consumer.endMessage();
  }

  private void write(int index, String column, int[] values) {
    begin(index, column);
    for (int value : values) {
      beginElement();
      consumer.addInteger(value);
      endElement();
    }
    end(index, column);
  }

  private void begin(int index, String column) {
    consumer.startField(column, index);
    consumer.startGroup();
    consumer.startField("list", 0);
  }

  private void end(int index, String column) {
    consumer.endField("list", 0);
    consumer.endGroup();
    consumer.endField(column, index);
  }

  private void beginElement() {
    consumer.startGroup();
    consumer.startField("element", 0);
  }

  private void endElement() {
    consumer.endField("element", 0);
    consumer.endGroup();
  }
}
