package dev.annulus.spark.gang;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;

/**
 * What a worker tells all others of its gang before any of them is talked to; one line of JSON, so
 * that a worker of another version can at least be told apart.
 *
 * @param format of this card
 * @param rank that it takes itself for
 * @param world number of workers that it expects
 * @param run identity of the submission, in hex
 * @param attempt of the stage
 * @param host where it is
 * @param build of the jar, see {@link BuildStamp}
 * @param messages {@link WireFormat#VERSION}
 * @param configuration hash of the run's
 * @param model hash of the model that the run starts with
 * @param data hash of the packed rows' manifests
 * @param device {@link dev.annulus.device.choice.DeviceChoice#identity}
 * @param mayShareDevice whether this worker was told that others may have its GPU too
 * @param clockAheadMs of the driver's; null where the driver was not reached
 * @param address of its end of the network, as its transport gives it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record WorkerCard(
    int format,
    int rank,
    int world,
    String run,
    int attempt,
    String host,
    String build,
    int messages,
    String configuration,
    String model,
    String data,
    String device,
    boolean mayShareDevice,
    Double clockAheadMs,
    String address) {
  /** The format that this program writes and reads. */
  static final int FORMAT = 1;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The line that is told. */
  String text() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a card is plain values", e);
    }
  }

  /** The card of a line; empty if it is none. */
  static Optional<WorkerCard> parse(String text) {
    try {
      return Optional.ofNullable(JSON.readValue(text == null ? "" : text, WorkerCard.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
