package dev.annulus.data.spark;

import dev.annulus.config.DataSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.parquet.PackedIdentity;
import dev.annulus.data.source.Source;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.util.List;
import java.util.Optional;

/**
 * What one stage wants to have packed.
 *
 * @param data sources and how they become rows
 * @param tokenizer needed only where sources hold text
 * @param vocabularySize of the model; every id has to be below
 * @param sequenceLength tokens of a row
 * @param seed of the shuffle before packing
 */
public record PrepareRequest(
    DataSettings data,
    Optional<TokenizerSpec> tokenizer,
    int vocabularySize,
    int sequenceLength,
    long seed) {
  /** The request of a stage of a run, whose seed is the run's. */
  public static PrepareRequest of(
      RunConfig config,
      StageSettings stage,
      Optional<TokenizerSpec> tokenizer,
      int vocabularySize) {
    return new PrepareRequest(
        config.data(), tokenizer, vocabularySize, stage.sequenceLength(), config.run().seed());
  }

  /** Where the rows stand: {@code <packed_dir>/<sequence_length>}. */
  public String folder() {
    return data.packedDir() + "/" + sequenceLength;
  }

  PackingSettings packing() {
    return PackingSettings.of(sequenceLength, data.longDocuments(), data.lossNormalization());
  }

  PackedIdentity identity(List<Source> sources) {
    boolean hasText = !data.sources().stream().allMatch(SourceSettings::holdsTokenIds);
    return new PackedIdentity(
        sources.stream().map(Source::fingerprint).toList(),
        hasText ? tokenizer.map(TokenizerSpec::fingerprint).orElse("") : "",
        vocabularySize,
        data.addBos(),
        data.addEos(),
        sequenceLength,
        data.longDocuments(),
        data.lossNormalization(),
        packing().windowTokens(),
        data.shuffle(),
        data.shuffle() ? seed : 0);
  }

  /**
   * @throws InvalidInputException if there is text and no tokeniser
   */
  void checkTokenizer() {
    for (int i = 0; i < data.sources().size(); i++) {
      if (tokenizer.isEmpty() && !data.sources().get(i).holdsTokenIds()) {
        throw new InvalidInputException(
            "model.tokenizer", "none, and data.sources." + i + " holds text", "a tokeniser");
      }
    }
  }
}
