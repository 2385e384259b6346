package dev.annulus.trainer.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The weights of a model, or a subset of them, one behind the other in one flat memory, so that
 * norms, reductions and optimisers can walk over all at once. Gaps between tensors (none begins off
 * a multiple of 16 elements) hold zeros.
 */
public final class ParameterLayout {
  /** 64 bytes of fp32: what the vector units and BLAS like tensors to begin at. */
  private static final int ALIGNMENT = 16;

  private final List<ParameterSpec> specs;
  private final Map<String, ParameterSpec> byName = new LinkedHashMap<>();
  private final long size;

  private ParameterLayout(List<ParameterSpec> unplaced) {
    List<ParameterSpec> placed = new ArrayList<>();
    long offset = 0;
    for (ParameterSpec spec : unplaced) {
      ParameterSpec at =
          new ParameterSpec(spec.name(), spec.rows(), spec.columns(), offset, spec.decayed());
      placed.add(at);
      byName.put(at.name(), at);
      offset += (at.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    this.specs = List.copyOf(placed);
    this.size = offset;
  }

  /** All weights of a model, in the order of the computation. */
  public static ParameterLayout of(LlamaConfig config) {
    int hidden = config.hiddenSize();
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(new ParameterSpec(ParameterNames.EMBEDDING, config.vocabSize(), hidden, 0, false));
    for (int layer = 0; layer < config.layers(); layer++) {
      ParameterNames names = new ParameterNames(layer);
      specs.add(norm(names.inputNorm(), hidden));
      specs.add(matrix(names.query(), queryColumns, hidden));
      specs.add(matrix(names.key(), kvColumns, hidden));
      specs.add(matrix(names.value(), kvColumns, hidden));
      specs.add(matrix(names.output(), hidden, queryColumns));
      specs.add(norm(names.feedForwardNorm(), hidden));
      specs.add(matrix(names.gate(), config.intermediateSize(), hidden));
      specs.add(matrix(names.up(), config.intermediateSize(), hidden));
      specs.add(matrix(names.down(), hidden, config.intermediateSize()));
    }
    specs.add(norm(ParameterNames.FINAL_NORM, hidden));
    if (!config.tieWordEmbeddings()) {
      specs.add(matrix(ParameterNames.HEAD, config.vocabSize(), hidden));
    }
    return new ParameterLayout(specs);
  }

  /** The tensors whose name passes, in the same order, with offsets of their own. */
  public ParameterLayout filter(Predicate<String> names) {
    return new ParameterLayout(specs.stream().filter(spec -> names.test(spec.name())).toList());
  }

  /** The tensors, ascending in the flat memory. */
  public List<ParameterSpec> specs() {
    return specs;
  }

  /** The tensor of that name, or null if it is not part of this layout. */
  public ParameterSpec find(String name) {
    return byName.get(name);
  }

  /** Elements of the flat memory, gaps included; a multiple of 16. */
  public long size() {
    return size;
  }

  /** Weights, gaps not counted. */
  public long parameters() {
    return specs.stream().mapToLong(ParameterSpec::size).sum();
  }

  private static ParameterSpec matrix(String name, int rows, int columns) {
    return new ParameterSpec(name, rows, columns, 0, true);
  }

  private static ParameterSpec norm(String name, int columns) {
    return new ParameterSpec(name, 1, columns, 0, false);
  }
}
