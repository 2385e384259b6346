package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * Tensors in the flat memory of a {@link ParameterLayout}: weights, or something that there is one
 * of for each weight (gradients, moments). fp32, but for copies of weights that bf16 activations
 * are multiplied by. The memory belongs to the arena.
 */
public final class Parameters {
  private final ParameterLayout layout;
  private final Tensor flat;

  private Parameters(ParameterLayout layout, Tensor flat) {
    this.layout = layout;
    this.flat = flat;
  }

  /** Zeros of fp32. */
  public static Parameters allocate(DeviceArena arena, ParameterLayout layout) {
    return allocate(arena, layout, DataType.FLOAT32);
  }

  /** Zeros. */
  public static Parameters allocate(DeviceArena arena, ParameterLayout layout, DataType type) {
    return new Parameters(layout, arena.allocate(type, 1, layout.size()));
  }

  /**
   * Tensors in memory that is there already.
   *
   * @param flat [1, layout.size()]
   */
  public static Parameters in(Tensor flat, ParameterLayout layout) {
    if (flat.size() != layout.size()) {
      throw new IllegalArgumentException(
          flat.size() + " elements for a layout of " + layout.size());
    }
    return new Parameters(layout, flat);
  }

  /** What lies where. */
  public ParameterLayout layout() {
    return layout;
  }

  /** The whole memory, [1, layout().size()]. */
  public Tensor flat() {
    return flat;
  }

  /**
   * The tensor of that name, [rows, columns].
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor get(String name) {
    Tensor tensor = find(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "no parameter " + name + " among " + layout.specs().size());
    }
    return tensor;
  }

  /** The tensor of that name, or null if it is not part of the layout: frozen, for gradients. */
  public Tensor find(String name) {
    ParameterSpec spec = layout.find(name);
    return spec == null ? null : get(spec);
  }

  /** The tensor of a spec of this layout, [rows, columns]. */
  public Tensor get(ParameterSpec spec) {
    long bytes = flat.type().bytes();
    return new Tensor(
        flat.memory().asSlice(spec.offset() * bytes, spec.size() * bytes),
        flat.type(),
        spec.rows(),
        spec.columns());
  }

  /**
   * Elements {@code from} (inclusive) to {@code to} (exclusive) of the tensor of that name, [1, to
   * - from].
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor get(String name, long from, long to) {
    Tensor tensor = get(name);
    return tensor.reshape(tensor.size(), 1).rows(from, to).reshape(1, to - from);
  }
}
