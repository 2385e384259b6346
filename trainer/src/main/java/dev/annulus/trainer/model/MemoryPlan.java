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
 * @param settings type, retention, and whether what is retained waits on the host
 * @param activationBytes that it will hold beside the weights and what belongs to them
 * @param availableBytes that are there for them
 * @param hostBytes that it will hold in memory of the host, if that is not the device's
 */
public record MemoryPlan(
    ComputeSettings settings, long activationBytes, long availableBytes, long hostBytes) {
  /** What the GPU's libraries, kernels and the pool's rounding take. */
  private static final double USABLE = 0.97;

  /** What a host needs for other things than what waits in it. */
  private static final double USABLE_OF_HOST = 0.9;

  /** One way to compute, and the setting that it belongs to. */
  private record Candidate(Memory memory, Retention retention, boolean offload) {
    ComputeSettings of(DataType type) {
      return new ComputeSettings(type, retention, offload);
    }

    String name() {
      return retention == Retention.NOTHING
          ? "a forward pass alone"
          : MemoryPlan.name(memory)
              + (offload && retention == Retention.INPUT ? " of the inputs alone" : "");
    }
  }

  /** The fastest first: what goes over to the host costs nothing only under enough work. */
  private static final List<Candidate> CANDIDATES =
      List.of(
          new Candidate(Memory.NONE, Retention.EVERYTHING, false),
          new Candidate(Memory.SELECTIVE, Retention.ATTENTION, false),
          new Candidate(Memory.FULL, Retention.INPUT, false),
          new Candidate(Memory.OFFLOAD, Retention.ATTENTION, true),
          new Candidate(Memory.OFFLOAD, Retention.INPUT, true));

  /** Nothing is kept where nothing looks back, whatever is to be done with what is kept. */
  private static final List<Candidate> FORWARD_ALONE =
      List.of(new Candidate(Memory.AUTO, Retention.NOTHING, false));

  /**
   * Chooses what is kept of the forward pass, and where.
   *
   * @param weights number of the model's weights, which are on the device already
   * @param tokens that a worker holds of a row at most
   * @param ranks of its ring
   * @param backward whether any stage has gradients
   * @throws InvalidInputException if it does not fit; the expectation says what would
   */
  public static MemoryPlan of(
      DeviceSettings settings,
      LlamaConfig config,
      Device device,
      long weights,
      int tokens,
      int ranks,
      boolean backward) {
    return of(settings, config, device, WeightMemory.whole(weights), tokens, ranks, backward);
  }

  /** The type of activations. */
  public static DataType typeOf(DeviceSettings settings) {
    return settings.precision() == Precision.BFLOAT16 ? DataType.BFLOAT16 : DataType.FLOAT32;
  }

  /**
   * The same, where a rank does not hold all of gradients and moments.
   *
   * @param toCome what will be taken beside activations
   */
  public static MemoryPlan of(
      DeviceSettings settings,
      LlamaConfig config,
      Device device,
      WeightMemory toCome,
      int tokens,
      int ranks,
      boolean backward) {
    DataType type = typeOf(settings);
    if (!device.computesIn(type)) {
      throw new InvalidInputException(
          "device.precision", "bfloat16 on " + device.describe(), "float32");
    }
    Room room =
        new Room(
            config, device, type, toCome, tokens, ranks, backward, settings.mayCopyFromPeers());
    List<String> needs = new ArrayList<>();
    for (Candidate candidate : backward ? candidates(settings.memory(), device) : FORWARD_ALONE) {
      ActivationBytes bytes = room.bytes(candidate);
      if (room.has(bytes)) {
        return new MemoryPlan(candidate.of(type), bytes.device(), room.ofDevice(), bytes.host());
      }
      needs.add(
          candidate.name()
              + " needs "
              + shown(bytes.device())
              + (bytes.host() > 0 ? " and " + shown(bytes.host()) + " of the host" : ""));
    }
    throw new InvalidInputException(
        "device.memory",
        "%s: for activations of %d tokens %s, and there are %s%s"
            .formatted(
                name(settings.memory()),
                tokens,
                String.join(", ", needs),
                shown(room.ofDevice()),
                device.hasHostMemory() || room.ofHost() == Long.MAX_VALUE
                    ? ""
                    : ", and " + shown(room.ofHost()) + " of the host"),
        advice(settings, device, room));
  }

  /** What there is, and what is asked of it. */
  private record Room(
      LlamaConfig config,
      Device device,
      DataType type,
      WeightMemory toCome,
      int tokens,
      int ranks,
      boolean backward,
      boolean peerCopies) {
    ActivationBytes bytes(Candidate candidate) {
      return ActivationBytes.of(device, config, candidate.of(type), tokens, ranks, peerCopies);
    }

    boolean has(ActivationBytes bytes) {
      return bytes.device() <= ofDevice() && bytes.host() <= ofHost();
    }

    long ofDevice() {
      return device.availableBytes() == Long.MAX_VALUE
          ? Long.MAX_VALUE
          : (long) (USABLE * device.availableBytes()) - toCome.bytes(type, backward);
    }

    long ofHost() {
      long available = device.availableHostBytes();
      return available == Long.MAX_VALUE ? available : (long) (USABLE_OF_HOST * available);
    }
  }

  /** What is kept of the forward pass, where, and in which type; for people. */
  public String retained() {
    String what =
        switch (settings.retention()) {
          case EVERYTHING -> "all activations are kept";
          case ATTENTION ->
              "inputs and attention of the blocks are kept%s, their other activations computed twice"
                  .formatted(where());
          case INPUT ->
              "inputs of the blocks are kept%s, all other activations computed twice"
                  .formatted(where());
          case NOTHING -> "no activations are kept, as there is no backward pass";
        };
    return what + ", in " + settings.type().name().toLowerCase(Locale.ROOT);
  }

  private String where() {
    return settings.offload() ? " in memory of the host" : "";
  }

  /**
   * What a setting allows. Where the device's memory is the host's there is nowhere to move to, and
   * offload is full.
   */
  private static List<Candidate> candidates(Memory memory, Device device) {
    Memory wanted = memory == Memory.OFFLOAD && device.hasHostMemory() ? Memory.FULL : memory;
    return CANDIDATES.stream()
        .filter(candidate -> !candidate.offload() || !device.hasHostMemory())
        .filter(candidate -> wanted == Memory.AUTO || candidate.memory() == wanted)
        .toList();
  }

  private static String advice(DeviceSettings settings, Device device, Room room) {
    if (settings.memory() != Memory.AUTO && room.backward()) {
      for (Candidate candidate : candidates(Memory.AUTO, device)) {
        if (room.has(room.bytes(candidate))) {
          return name(candidate.memory()) + ", which fits, or auto";
        }
      }
    }
    return "shorter sequences, a longer ring (parallel.context)"
        + (room.type() == DataType.FLOAT32 && device.computesIn(DataType.BFLOAT16)
            ? ", or device.precision: bfloat16"
            : "");
  }

  private static String name(Memory memory) {
    return memory.name().toLowerCase(Locale.ROOT);
  }

  private static String shown(long bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }
}
