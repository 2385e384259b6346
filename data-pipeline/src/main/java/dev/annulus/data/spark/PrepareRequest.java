package dev.annulus.data.spark;

import dev.annulus.config.DataSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.chat.ChatTemplate;
import dev.annulus.data.pack.Mixture;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.parquet.PackedIdentity;
import dev.annulus.data.source.Source;
import dev.annulus.data.tokenizer.Sha256;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one stage wants to have packed.
 *
 * @param data sources and how they become rows
 * @param tokenizer needed only where sources hold text
 * @param chatTemplate needed only where sources hold turns
 * @param vocabularySize of the model; every id has to be below
 * @param sequenceLength tokens of a row
 * @param seed of the shuffle before packing
 * @param sourceWeights of the stage; empty: the sources' own
 * @param folder where the rows stand
 * @param sizes how the work is divided
 */
public record PrepareRequest(
    DataSettings data,
    Optional<TokenizerSpec> tokenizer,
    Optional<ChatTemplate> chatTemplate,
    int vocabularySize,
    int sequenceLength,
    long seed,
    List<Double> sourceWeights,
    String folder,
    WorkSizes sizes) {
  public PrepareRequest {
    sourceWeights = List.copyOf(sourceWeights);
  }

  /** Rows of a length, of the sources as they are weighed. */
  public PrepareRequest(
      DataSettings data,
      Optional<TokenizerSpec> tokenizer,
      int vocabularySize,
      int sequenceLength,
      long seed) {
    this(
        data,
        tokenizer,
        templateOf(data, tokenizer),
        vocabularySize,
        sequenceLength,
        seed,
        List.of(),
        data.packedDir() + "/" + sequenceLength,
        WorkSizes.DEFAULT);
  }

  /** The request of a stage of a run, whose seed is the run's. */
  public static PrepareRequest of(
      RunConfig config,
      StageSettings stage,
      Optional<TokenizerSpec> tokenizer,
      int vocabularySize) {
    return new PrepareRequest(
        config.data(),
        tokenizer,
        templateOf(config.data(), tokenizer),
        vocabularySize,
        stage.sequenceLength(),
        config.run().seed(),
        stage.sourceWeights(),
        folder(config, stage),
        WorkSizes.DEFAULT);
  }

  /**
   * Where the rows of a stage stand: {@code <packed_dir>/<sequence_length>}, and where it weighs
   * the sources itself, {@code <packed_dir>/<sequence_length>-<name>}.
   */
  public static String folder(RunConfig config, StageSettings stage) {
    String folder = config.data().packedDir() + "/" + stage.sequenceLength();
    return stage.sourceWeights().isEmpty() ? folder : folder + "-" + stage.name();
  }

  /**
   * The request for the rows that a run is measured on in a stage: its held-out documents, packed
   * as the others are; every target counts, whatever its modality.
   */
  public static PrepareRequest ofHeldOut(
      RunConfig config,
      StageSettings stage,
      Optional<TokenizerSpec> tokenizer,
      int vocabularySize) {
    DataSettings data = config.data();
    DataSettings heldOut =
        new DataSettings(
            config.evaluation().sources().isEmpty()
                ? List.of(HeldOutFile.source(data))
                : config.evaluation().sources(),
            heldOutDir(config),
            data.addBos(),
            data.addEos(),
            data.longDocuments(),
            data.splitPositions(),
            data.lossNormalization(),
            data.shuffle(),
            0,
            data.maxBadShare(),
            data.chatTemplate(),
            DataSettings.ModalityLoss.FACTOR,
            List.of(),
            false);
    return new PrepareRequest(
        heldOut,
        tokenizer,
        templateOf(heldOut, tokenizer),
        vocabularySize,
        stage.sequenceLength(),
        config.run().seed(),
        List.of(),
        heldOutFolder(config, stage),
        WorkSizes.DEFAULT);
  }

  /** Where they stand: {@code <packed_dir>/evaluation/<sequence_length>}. */
  public static String heldOutFolder(RunConfig config, StageSettings stage) {
    return heldOutDir(config) + "/" + stage.sequenceLength();
  }

  private static String heldOutDir(RunConfig config) {
    return config.data().packedDir() + "/evaluation";
  }

  private static Optional<ChatTemplate> templateOf(
      DataSettings data, Optional<TokenizerSpec> tokenizer) {
    Optional<TokenizerSpec.HuggingFace> files =
        tokenizer.flatMap(
            spec ->
                spec instanceof TokenizerSpec.HuggingFace huggingFace
                    ? Optional.of(huggingFace)
                    : Optional.empty());
    return data.chatTemplate()
        .map(file -> ChatTemplate.read(file, files.map(TokenizerSpec.HuggingFace::files)))
        .or(() -> files.flatMap(spec -> ChatTemplate.of(spec.files())));
  }

  /** The same, divided otherwise. */
  PrepareRequest with(WorkSizes other) {
    return new PrepareRequest(
        data,
        tokenizer,
        chatTemplate,
        vocabularySize,
        sequenceLength,
        seed,
        sourceWeights,
        folder,
        other);
  }

  PackingSettings packing() {
    PackingSettings settings =
        PackingSettings.of(
            sequenceLength, data.longDocuments(), data.splitPositions(), data.lossNormalization());
    return sizes.windowTokens().isPresent()
        ? settings.withWindow(sizes.windowTokens().getAsLong())
        : settings;
  }

  /** How often the sources are gone through, given what they hold. */
  Mixture mixture(SourceCounts counts) {
    List<Double> weights = weights();
    List<Double> repeats = data.sources().stream().map(SourceSettings::maxRepeats).toList();
    List<Long> tokens = new ArrayList<>();
    for (int s = 0; s < counts.sources(); s++) {
      tokens.add(counts.of(s).tokens());
    }
    return weights.isEmpty()
        ? new Mixture(repeats.stream().mapToDouble(Double::doubleValue).toArray())
        : Mixture.weighted(weights, repeats, tokens);
  }

  /** The stage's weights, or the sources'; empty where neither has any. */
  List<Double> weights() {
    boolean weighted = data.sources().stream().anyMatch(s -> s.weight().isPresent());
    return !sourceWeights.isEmpty() || !weighted
        ? sourceWeights
        : data.sources().stream().map(source -> source.weight().orElse(0)).toList();
  }

  /** Whether a source holds conversations. */
  boolean hasTurns() {
    return data.sources().stream().anyMatch(s -> s.content() instanceof SourceSettings.Messages);
  }

  /** Whether rows get modality ids. */
  boolean hasModalities() {
    return data.sources().stream()
        .anyMatch(
            source ->
                source.content() instanceof SourceSettings.TokenIds(String field)
                    && !field.isEmpty());
  }

  ChatTemplate requiredChatTemplate() {
    return chatTemplate.orElseThrow(
        () ->
            new InvalidInputException(
                "data.chat_template",
                "none, and the tokeniser has none",
                "a chat template for the sources with turns"));
  }

  PackedIdentity identity(List<Source> sources) {
    boolean hasText = !data.sources().stream().allMatch(SourceSettings::holdsTokenIds);
    return new PackedIdentity(
        sources.stream().map(Source::fingerprint).toList(),
        hasText ? tokenizer.map(TokenizerSpec::fingerprint).orElse("") : "",
        hasTurns()
            ? Sha256.hex(requiredChatTemplate().source().getBytes(StandardCharsets.UTF_8))
            : "",
        vocabularySize,
        data.addBos(),
        data.addEos(),
        sequenceLength,
        data.longDocuments(),
        data.splitPositions(),
        data.lossNormalization(),
        packing().windowTokens(),
        data.shuffle(),
        seed,
        weights(),
        data.sources().stream().map(SourceSettings::maxRepeats).toList(),
        data.heldOutShare(),
        data.modalityLoss(),
        data.modalities());
  }

  /**
   * @throws InvalidInputException if there is text and no tokeniser, or turns and no chat template
   */
  void checkTokenizer() {
    for (int i = 0; i < data.sources().size(); i++) {
      if (tokenizer.isEmpty() && !data.sources().get(i).holdsTokenIds()) {
        throw new InvalidInputException(
            "model.tokenizer", "none, and data.sources." + i + " holds text", "a tokeniser");
      }
    }
    if (hasTurns()) {
      requiredChatTemplate();
    }
  }
}
