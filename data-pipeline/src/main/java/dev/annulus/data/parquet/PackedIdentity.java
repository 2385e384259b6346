package dev.annulus.data.parquet;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.ModalityLoss;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.ModalitySettings;
import dev.annulus.data.source.SourceFingerprint;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Optional;

/**
 * Everything that decides the packed rows: equal identities mean equal rows.
 *
 * @param sources in their configured order
 * @param tokenizer fingerprint; empty where the sources hold token ids
 * @param chatTemplate SHA-256 of the chat template; empty where no source holds turns
 * @param vocabularySize of the model; every id is below
 * @param addBos whether text got a BOS
 * @param addEos whether text got an EOS
 * @param sequenceLength tokens of a row
 * @param longDocuments what happened to documents longer than a row
 * @param splitPositions where positions of their later pieces begin
 * @param lossNormalization what the weights are for
 * @param windowTokens of the packer
 * @param shuffle whether documents were shuffled before packing
 * @param seed of the random choices
 * @param sourceWeights shares of the sources; empty where they have none
 * @param maxRepeats how often each source may be gone through
 * @param heldOutShare share of the documents kept out
 * @param modalityLoss what the numbers of the modalities are
 * @param modalities as configured
 */
public record PackedIdentity(
    List<SourceFingerprint> sources,
    String tokenizer,
    String chatTemplate,
    int vocabularySize,
    boolean addBos,
    boolean addEos,
    int sequenceLength,
    LongDocuments longDocuments,
    SplitPositions splitPositions,
    LossNormalization lossNormalization,
    long windowTokens,
    boolean shuffle,
    long seed,
    List<Double> sourceWeights,
    List<Double> maxRepeats,
    double heldOutShare,
    ModalityLoss modalityLoss,
    List<ModalitySettings> modalities) {
  public PackedIdentity {
    sources = List.copyOf(sources);
    sourceWeights = List.copyOf(sourceWeights);
    maxRepeats = List.copyOf(maxRepeats);
    modalities = List.copyOf(modalities);
  }

  /** The first thing that is not as wanted, in words; empty if everything is. */
  public Optional<String> difference(PackedIdentity wanted) {
    for (int i = 0; i < Math.min(sources.size(), wanted.sources.size()); i++) {
      if (!sources.get(i).equals(wanted.sources.get(i))) {
        return Optional.of(
            "source %d was %s and is %s".formatted(i, sources.get(i), wanted.sources.get(i)));
      }
    }
    if (sources.size() != wanted.sources.size()) {
      return Optional.of(
          "there were %d sources and are %d".formatted(sources.size(), wanted.sources.size()));
    }
    for (RecordComponent component : PackedIdentity.class.getRecordComponents()) {
      Object was = value(component);
      Object is = wanted.value(component);
      if (!was.equals(is)) {
        return Optional.of("%s was %s and is %s".formatted(component.getName(), was, is));
      }
    }
    return Optional.empty();
  }

  private Object value(RecordComponent component) {
    try {
      return component.getAccessor().invoke(this);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("reading " + component, e);
    }
  }
}
