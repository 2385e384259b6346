package dev.annulus.config;

/**
 * One entry of {@code data.modalities}: how much the targets of a kind of token count.
 *
 * @param id as the sources' modality ids say; 0 where a source has none
 * @param name for people
 * @param loss a factor or a share, as {@link DataSettings.ModalityLoss} says
 */
public record ModalitySettings(int id, String name, double loss) {
  /** Largest id: one is stored in seven bits. */
  public static final int MAX_ID = 127;
}
