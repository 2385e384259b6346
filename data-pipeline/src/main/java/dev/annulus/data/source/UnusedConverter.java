package dev.annulus.data.source;

import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.Type;

/** What Parquet's column readers ask for and never use when values are taken from them directly. */
public final class UnusedConverter extends GroupConverter {
  private final GroupType type;

  /** For the columns of {@code type}. */
  public UnusedConverter(GroupType type) {
    this.type = type;
  }

  @Override
  public Converter getConverter(int fieldIndex) {
    Type field = type.getType(fieldIndex);
    return field.isPrimitive()
        ? new PrimitiveConverter() {}
        : new UnusedConverter(field.asGroupType());
  }

  @Override
  public void start() {
    throw new UnsupportedOperationException("values are not converted");
  }

  @Override
  public void end() {
    throw new UnsupportedOperationException("values are not converted");
  }
}
