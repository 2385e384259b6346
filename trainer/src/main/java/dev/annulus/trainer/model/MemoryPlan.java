package dev.annulus.trainer.model;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Memory;
import dev.annulus.config.DeviceSettings.Precision;
import dev.annulus.config.InvalidInputException;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a model computes in the memory that its device has: as {@code device.precision} and {@code
 * device.memory} say.
 *
 * @param settings type and retention
 * @param activationBytes that it will hold beside the weights and what belongs to them
 * @param availableBytes that are there for them
 */
public record MemoryPlan(ComputeSettings settings, long activationBytes, long availableBytes) {
  /** Masters are there already; gradients and two moments are still to come. */
  private static final long FLOATS_PER_WEIGHT = 3;

  /** What the GPU's libraries, kernels and the pool's rounding take. */
  private static final double USABLE = 0.97;

  /**
   * Chooses what is kept of the forward pass.
   *
   * @param weights number of the model's weights, which are on the device already
   * @param tokens that a worker holds of a row at most
   * @throws InvalidInputException if it does not fit; the expectation says what would
   */
  public static MemoryPlan of(
      DeviceSettings settings, LlamaConfig config, Device device, long weights, long tokens) {
    DataType type =
        settings.precision() == Precision.BFLOAT16 ? DataType.BFLOAT16 : DataType.FLOAT32;
    if (!device.computesIn(type)) {
      throw new InvalidInputException(
          "device.precision", "bfloat16 on " + device.describe(), "float32");
    }
    long perWeight =
        FLOATS_PER_WEIGHT * Float.BYTES + (type == DataType.FLOAT32 ? 0 : type.bytes());
    long available =
        device.availableBytes() == Long.MAX_VALUE
            ? Long.MAX_VALUE
            : (long) (USABLE * device.availableBytes()) - perWeight * weights;
    List<String> needs = new ArrayList<>();
    for (Memory memory : candidates(settings.memory())) {
      ComputeSettings compute = new ComputeSettings(type, retention(memory));
      long bytes = ActivationBytes.of(config, compute, device.hasHostMemory(), tokens);
      if (bytes <= available) {
        return new MemoryPlan(compute, bytes, available);
      }
      needs.add(name(memory) + " needs " + shown(bytes));
    }
    throw new InvalidInputException(
        "device.memory",
        "%s: for activations of %d tokens %s, and there are %s"
            .formatted(name(settings.memory()), tokens, String.join(", ", needs), shown(available)),
        advice(settings, config, device, type, available, tokens));
  }

  /** What is kept of the forward pass, and in which type; for people. */
  public String retained() {
    String what =
        switch (settings.retention()) {
          case EVERYTHING -> "all activations are kept";
          case ATTENTION ->
              "inputs and attention of the blocks are kept, their other activations computed twice";
          case INPUT -> "inputs of the blocks are kept, all other activations computed twice";
        };
    return what + ", in " + settings.type().name().toLowerCase(Locale.ROOT);
  }

  private static List<Memory> candidates(Memory memory) {
    return memory == Memory.AUTO
        ? List.of(Memory.NONE, Memory.SELECTIVE, Memory.FULL)
        : List.of(memory);
  }

  private static String advice(
      DeviceSettings settings,
      LlamaConfig config,
      Device device,
      DataType type,
      long available,
      long tokens) {
    if (settings.memory() != Memory.AUTO) {
      for (Memory memory : candidates(Memory.AUTO)) {
        ComputeSettings compute = new ComputeSettings(type, retention(memory));
        if (ActivationBytes.of(config, compute, device.hasHostMemory(), tokens) <= available) {
          return name(memory) + ", which fits, or auto";
        }
      }
    }
    return "shorter sequences, a longer ring (parallel.context)"
        + (type == DataType.FLOAT32 && device.computesIn(DataType.BFLOAT16)
            ? ", or device.precision: bfloat16"
            : "");
  }

  private static Retention retention(Memory memory) {
    return switch (memory) {
      case AUTO, NONE -> Retention.EVERYTHING;
      case SELECTIVE -> Retention.ATTENTION;
      case FULL -> Retention.INPUT;
    };
  }

  private static String name(Memory memory) {
    return memory.name().toLowerCase(Locale.ROOT);
  }

  private static String shown(long bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }
}
