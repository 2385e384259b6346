package dev.annulus.data.parquet;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.FLOAT;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;

import dev.annulus.config.InvalidInputException;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

/** The columns of a packed row: lists without nulls, in Parquet's three-level form. */
final class PackedSchema {
  static final String INPUT_IDS = "input_ids";
  static final String TARGET_IDS = "target_ids";
  static final String SEGMENT_IDS = "segment_ids";
  static final String POSITION_IDS = "position_ids";
  static final String LOSS_WEIGHTS = "loss_weights";

  private static final List<String> INTEGERS =
      List.of(INPUT_IDS, TARGET_IDS, SEGMENT_IDS, POSITION_IDS);

  static final String MODALITY_IDS = "modality_ids";

  /** What every part has. */
  static final MessageType MESSAGE = message(false);

  /** With the column that is there only where sources have modalities. */
  static final MessageType WITH_MODALITIES = message(true);

  /** Where a row's documents stand. */
  static final MessageType SEGMENTS =
      new MessageType(MESSAGE.getName(), MESSAGE.getType(SEGMENT_IDS));

  /** What is known of each token beside its document. */
  static final MessageType OF_TOKENS =
      new MessageType(
          MESSAGE.getName(),
          MESSAGE.getType(INPUT_IDS),
          MESSAGE.getType(TARGET_IDS),
          MESSAGE.getType(POSITION_IDS),
          MESSAGE.getType(LOSS_WEIGHTS));

  private PackedSchema() {}

  /**
   * @throws InvalidInputException if a file's columns are others
   */
  static void check(String place, MessageType schema) {
    for (ColumnDescriptor column : MESSAGE.getColumns()) {
      String name = column.getPath()[0];
      boolean same = schema.containsPath(column.getPath());
      if (same) {
        ColumnDescriptor found = schema.getColumnDescription(column.getPath());
        same =
            found.getPrimitiveType().getPrimitiveTypeName()
                    == column.getPrimitiveType().getPrimitiveTypeName()
                && found.getMaxRepetitionLevel() == 1
                && found.getMaxDefinitionLevel() == 1;
      }
      if (!same) {
        throw new InvalidInputException(
            place,
            schema.containsField(name)
                ? "column " + name + " is " + schema.getType(name)
                : "no column " + name,
            MESSAGE.getType(name).toString());
      }
    }
  }

  private static MessageType message(boolean withModalities) {
    Types.MessageTypeBuilder message = Types.buildMessage();
    for (String name : INTEGERS) {
      message.addField(list(name, INT32));
    }
    message.addField(list(LOSS_WEIGHTS, FLOAT));
    if (withModalities) {
      message.addField(list(MODALITY_IDS, INT32));
    }
    return message.named("packed_row");
  }

  private static Type list(String name, PrimitiveTypeName element) {
    return Types.buildGroup(Repetition.REQUIRED)
        .as(LogicalTypeAnnotation.listType())
        .repeatedGroup()
        .required(element)
        .named("element")
        .named("list")
        .named(name);
  }
}
