package dev.annulus.config;

import java.util.OptionalDouble;

/**
 * One entry of {@code data.modalities}: how much the targets of a kind of token count.
 *
 * @param id as the sources' modality ids say; 0 where a source has none
 * @param name for people
 * @param lossWeight factor of the weight of each target of this modality
 * @param lossShare instead of it: the share of all loss weights that this modality's targets have
 *     together, over the packed data
 */
public record ModalitySettings(
    int id, String name, OptionalDouble lossWeight, OptionalDouble lossShare) {
  /** Largest id: one is stored in seven bits. */
  public static final int MAX_ID = 127;
}
