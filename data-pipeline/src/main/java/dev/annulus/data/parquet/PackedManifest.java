package dev.annulus.data.parquet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.json.JsonMessage;
import dev.annulus.data.pack.PackingReport;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * {@code manifest.json} of a packed folder, written last: without it there is nothing.
 *
 * @param version of the format
 * @param identity what the rows were made from
 * @param report what became of the documents
 * @param rowsPerGroup rows of every row group but the last of a part
 * @param parts in the order of the rows
 */
public record PackedManifest(
    int version,
    PackedIdentity identity,
    PackingReport report,
    int rowsPerGroup,
    List<PartFile> parts) {
  /** Of the format that this code writes, and the only one that it reads. */
  public static final int VERSION = 2;

  /** Its name in the folder. */
  public static final String NAME = "manifest.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  public PackedManifest {
    parts = List.copyOf(parts);
  }

  /**
   * The manifest of a folder, a local path or any Hadoop URI.
   *
   * @throws InvalidInputException if there is none, or it cannot be trusted
   */
  public static PackedManifest read(String folder, Configuration conf) {
    return read(DataFolder.of(folder, conf));
  }

  static PackedManifest read(DataFolder folder) {
    String place = folder.place(NAME);
    byte[] bytes;
    try {
      bytes = folder.read(NAME);
    } catch (FileNotFoundException e) {
      throw new InvalidInputException(place, "no such file", "packed data, whole", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + place, e);
    }
    PackedManifest manifest;
    try {
      manifest = JSON.readValue(bytes, PackedManifest.class);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          place, "damaged: " + JsonMessage.of(e), "a manifest of version " + VERSION, e);
    } catch (IOException e) {
      throw new InvalidInputException(place, "damaged: " + e.getMessage(), "JSON", e);
    }
    manifest.check(place);
    return manifest;
  }

  byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Why the rows are not those that are wanted, in words; empty if they are. */
  public Optional<String> staleness(PackedIdentity wanted) {
    return identity.difference(wanted);
  }

  /** The first part that is not there in its full size, in words; empty if all are. */
  public Optional<String> missingPart(String folder, Configuration conf) {
    DataFolder data = DataFolder.of(folder, conf);
    try {
      for (PartFile part : parts) {
        long bytes = data.size(part.name());
        if (bytes != part.bytes()) {
          return Optional.of(
              data.place(part.name())
                  + (bytes < 0 ? " is gone" : " has " + bytes + " bytes, not " + part.bytes()));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("looking into " + data.place(""), e);
    }
  }

  private void check(String place) {
    if (version != VERSION) {
      throw new InvalidInputException(place, "version " + version, "version " + VERSION);
    }
    long rows = parts.stream().mapToLong(PartFile::rows).sum();
    boolean partsFit =
        parts.stream().allMatch(part -> part.rows() > 0 && !part.name().contains("/"));
    if (rows != report.rows()
        || rows < 1
        || rows > Integer.MAX_VALUE
        || !partsFit
        || rowsPerGroup < 1
        || identity.sequenceLength() != report.sequenceLength()) {
      throw new InvalidInputException(
          place,
          "%d rows in %d parts, %d in the report".formatted(rows, parts.size(), report.rows()),
          "a manifest that agrees with itself");
    }
  }
}
