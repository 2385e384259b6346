package dev.annulus.trainer.model;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a Llama model is, as {@code config.json} of a Hugging Face folder says it.
 *
 * @param vocabSize token ids are below this
 * @param hiddenSize columns of the residual stream
 * @param intermediateSize columns of the feed-forward layer
 * @param layers transformer blocks
 * @param queryHeads heads of the queries
 * @param kvHeads heads of keys and values; divides {@code queryHeads}
 * @param headDim elements of a head; even
 * @param maxPositionEmbeddings tokens the model was made for; only told to others, nothing here
 *     depends on it
 * @param rmsNormEps added to the mean square in the norms
 * @param ropeTheta base of the rotary embedding
 * @param ropeScaling change of its frequencies
 * @param tieWordEmbeddings whether the head is the embedding table
 * @param initializerRange standard deviation of weights that start at random
 * @param bosId token that begins a document, if there is one
 * @param eosIds tokens that end one; may be empty
 * @param other keys of the file that mean nothing here; written back as they were
 */
public record LlamaConfig(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int queryHeads,
    int kvHeads,
    int headDim,
    int maxPositionEmbeddings,
    double rmsNormEps,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean tieWordEmbeddings,
    double initializerRange,
    OptionalInt bosId,
    List<Integer> eosIds,
    Map<String, Object> other) {
  public LlamaConfig {
    eosIds = List.copyOf(eosIds);
    other = Collections.unmodifiableMap(new LinkedHashMap<>(other));
  }

  /**
   * Reads the keys of a {@code config.json}.
   *
   * @param file named in problems, for example {@code base/config.json}
   * @throws InvalidInputException with everything that is wrong
   */
  public static LlamaConfig fromJson(Map<String, Object> keys, String file) {
    return new LlamaConfigKeys(keys, key -> file + " " + key).read();
  }

  /**
   * Reads {@code model.config} of a run configuration: the same keys, of which only the sizes
   * (vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads) are
   * required. A key that is almost one of these is refused.
   *
   * @throws InvalidInputException with everything that is wrong
   */
  public static LlamaConfig fromRunConfig(Map<String, Object> keys) {
    return new LlamaConfigKeys(keys, key -> "model.config." + key).refusingMisspelt().read();
  }

  /** The keys of a {@code config.json}, in a fixed order, weights said to be float32. */
  public Map<String, Object> toJson() {
    return LlamaConfigKeys.write(this);
  }

  /** Heads and their size. */
  public AttentionShape attentionShape() {
    return new AttentionShape(queryHeads, kvHeads, headDim);
  }

  /** The same model with another base of the rotary embedding. */
  public LlamaConfig withRopeTheta(double theta) {
    return with(theta, maxPositionEmbeddings, bosId, eosIds);
  }

  /** The same model said to be made for {@code tokens} tokens. */
  public LlamaConfig withMaxPositionEmbeddings(int tokens) {
    return with(ropeTheta, tokens, bosId, eosIds);
  }

  /** The same model with the special tokens of another tokeniser. */
  public LlamaConfig withSpecialTokens(OptionalInt bos, List<Integer> eos) {
    return with(ropeTheta, maxPositionEmbeddings, bos, eos);
  }

  private LlamaConfig with(double theta, int maxPositions, OptionalInt bos, List<Integer> eos) {
    return new LlamaConfig(
        vocabSize,
        hiddenSize,
        intermediateSize,
        layers,
        queryHeads,
        kvHeads,
        headDim,
        maxPositions,
        rmsNormEps,
        theta,
        ropeScaling,
        tieWordEmbeddings,
        initializerRange,
        bos,
        eos,
        other);
  }
}
