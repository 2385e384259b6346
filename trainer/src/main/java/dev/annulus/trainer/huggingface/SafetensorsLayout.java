package dev.annulus.trainer.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file before it is written: its header, and where each tensor's bytes go. Whoever
 * knows it can write any tensor at any time.
 */
public final class SafetensorsLayout {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * A tensor of the file.
   *
   * @param shape its dimensions; empty for a single number
   */
  public record Field(String name, SafetensorsType type, List<Long> shape) {
    public Field {
      shape = List.copyOf(shape);
    }

    /** Its bytes. */
    public long bytes() {
      return shape.stream().reduce((long) type.bytes(), Math::multiplyExact);
    }
  }

  private final byte[] header;
  private final Map<String, Long> offsets = new LinkedHashMap<>();
  private final long dataBytes;

  private SafetensorsLayout(List<Field> fields) {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Field field : fields) {
      if (root.has(field.name())) {
        throw new IllegalArgumentException("two tensors named " + field.name());
      }
      ObjectNode node = root.putObject(field.name());
      node.put("dtype", field.type().name());
      node.putArray("shape");
      field.shape().forEach(node.withArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(offset + field.bytes());
      offsets.put(field.name(), offset);
      offset += field.bytes();
    }
    this.header = header(root);
    this.dataBytes = offset;
  }

  /** The tensors one behind the other. */
  public static SafetensorsLayout of(List<Field> fields) {
    return new SafetensorsLayout(fields);
  }

  /** Prefix and JSON, filled with spaces so that the data begins at a multiple of 8 bytes. */
  private static byte[] header(ObjectNode root) {
    byte[] json;
    try {
      json = JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("names and numbers are JSON", e);
    }
    int padded = (json.length + 7) / 8 * 8;
    byte[] header = new byte[8 + padded];
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(padded);
    System.arraycopy(json, 0, header, 8, json.length);
    Arrays.fill(header, 8 + json.length, header.length, (byte) ' ');
    return header;
  }

  /** The file's first bytes. */
  public byte[] header() {
    return header.clone();
  }

  /** Where the bytes of a tensor begin in the file. */
  public long position(String name) {
    return header.length + offsets.get(name);
  }

  /** Bytes of the whole file. */
  public long fileBytes() {
    return header.length + dataBytes;
  }
}
