package dev.annulus.data.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/**
 * Records of Parquet as JSON would have them: maps, lists, text, numbers; what is null is not
 * there. Bytes that are no UTF-8 stay bytes.
 */
final class ParquetValues {
  private ParquetValues() {}

  static Map<String, Object> fields(Group group) {
    Map<String, Object> fields = new LinkedHashMap<>();
    GroupType type = group.getType();
    for (int f = 0; f < type.getFieldCount(); f++) {
      if (group.getFieldRepetitionCount(f) > 0) {
        fields.put(type.getFieldName(f), field(group, f, type.getType(f)));
      }
    }
    return fields;
  }

  private static Object field(Group group, int field, Type type) {
    if (type.isRepetition(Type.Repetition.REPEATED)) {
      List<Object> values = new ArrayList<>();
      for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
        values.add(value(group, field, i, type));
      }
      return values;
    }
    return value(group, field, 0, type);
  }

  private static Object value(Group group, int field, int index, Type type) {
    if (!type.isPrimitive()) {
      Group child = group.getGroup(field, index);
      return type.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation
          ? list(child)
          : fields(child);
    }
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case INT32 -> (long) group.getInteger(field, index);
      case INT64 -> group.getLong(field, index);
      case BOOLEAN -> group.getBoolean(field, index);
      case FLOAT -> (double) group.getFloat(field, index);
      case DOUBLE -> group.getDouble(field, index);
      case BINARY, FIXED_LEN_BYTE_ARRAY, INT96 -> group.getBinary(field, index).getBytes();
    };
  }

  /** Both forms of a list: with a group around each element, and without. */
  private static List<Object> list(Group list) {
    List<Object> values = new ArrayList<>();
    Type repeated = list.getType().getType(0);
    boolean wrapped = !repeated.isPrimitive() && repeated.asGroupType().getFieldCount() == 1;
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      if (wrapped) {
        Group element = list.getGroup(0, i);
        values.add(
            element.getFieldRepetitionCount(0) == 0
                ? null
                : value(element, 0, 0, repeated.asGroupType().getType(0)));
      } else {
        values.add(value(list, 0, i, repeated));
      }
    }
    return values;
  }
}
