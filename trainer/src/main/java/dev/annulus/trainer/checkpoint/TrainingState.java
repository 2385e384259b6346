package dev.annulus.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.InvalidInputException;
import java.util.List;

/**
 * {@code state.json}: where a run stands. With the weights and moments beside it there is nothing
 * else: everything that follows is a function of these and the configuration.
 *
 * @param format of the layout: 3, or 2 where one rank wrote all
 * @param step optimiser steps done in the run
 * @param stage index of the stage that the last of them belongs to
 * @param stageName its name
 * @param stepInStage steps done in it; also AdamW's count
 * @param rowsVisited rows of the stage's order that they took
 * @param seed of the run
 * @param freezeSeed of half fine-tuning in the stage, or null
 * @param freezeMode of half fine-tuning in the stage, or null
 * @param frozen names of the tensors that the stage leaves alone, sorted
 * @param context workers in a ring
 * @param data rings
 * @param configSha256 of those parts of the configuration that decide the result
 * @param tokenizerSha256 the tokeniser's fingerprint, or null without one
 */
public record TrainingState(
    int format,
    long step,
    int stage,
    String stageName,
    int stepInStage,
    long rowsVisited,
    long seed,
    Long freezeSeed,
    String freezeMode,
    List<String> frozen,
    int context,
    int data,
    String configSha256,
    String tokenizerSha256) {
  static final String FILE_NAME = "state.json";

  /** The layout that this code writes. */
  public static final int FORMAT = 3;

  /** The oldest that it reads: weights and moments are as one rank alone writes them now. */
  private static final int OLDEST = 2;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /** As JSON. */
  public byte[] toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts is JSON", e);
    }
  }

  /**
   * From JSON.
   *
   * @param place for the error's message
   * @throws InvalidInputException if it is not the state of a run
   */
  public static TrainingState parse(byte[] json, String place) {
    TrainingState state;
    try {
      state = JSON.readValue(json, TrainingState.class);
    } catch (java.io.IOException e) {
      throw new InvalidInputException(place, "not readable", "the state of a run", e);
    }
    if (state == null || state.format() < OLDEST || state.format() > FORMAT) {
      throw new InvalidInputException(
          place,
          state == null ? "null" : "format " + state.format(),
          "format " + OLDEST + " or " + FORMAT + ", which this version reads");
    }
    return state;
  }
}
