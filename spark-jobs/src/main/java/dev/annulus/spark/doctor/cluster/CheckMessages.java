package dev.annulus.spark.doctor.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** What driver and workers tell each other, as JSON of one record. */
final class CheckMessages {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CheckMessages() {}

  static byte[] encode(Record message) {
    try {
      return MAPPER.writeValueAsBytes(message);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not representable as JSON: " + message, e);
    }
  }

  static <T extends Record> T decode(byte[] bytes, Class<T> type) {
    try {
      return MAPPER.readValue(bytes, type);
    } catch (IOException e) {
      throw new UncheckedIOException("not a " + type.getSimpleName(), e);
    }
  }
}
