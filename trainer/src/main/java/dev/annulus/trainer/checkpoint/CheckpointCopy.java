package dev.annulus.trainer.checkpoint;

import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.huggingface.SafetensorsWriter;
import dev.annulus.trainer.huggingface.ShardPlan;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/**
 * One rank's part of a checkpoint, copied to host memory, so that training goes on while it is
 * written: some of the weights (whole tensors, dealt out to the ranks by bytes, each rank's in
 * files of its own) and the moments of the rank's range. Rank 0 has the small files besides.
 *
 * <p>The memory is kept for the next copy: about 12 bytes a weight, by the number of ranks. Where
 * the JVM has no room for it nothing is copied, and the files read the device's memory themselves.
 */
public final class CheckpointCopy {
  private final Device device;
  private final int rank;
  private final int ranks;
  private final LongFunction<MemorySegment> allocator;
  private MemorySegment memory = MemorySegment.NULL;

  private long used;
  private boolean copied;

  /** Of one rank of {@code ranks}; its memory is freed when nothing refers to it any more. */
  public CheckpointCopy(Device device, int rank, int ranks) {
    this(device, rank, ranks, bytes -> Arena.ofAuto().allocate(bytes, 64));
  }

  /**
   * Of one rank of {@code ranks}.
   *
   * @param allocator gives so many bytes that other threads can read, or throws an {@link
   *     OutOfMemoryError}
   */
  public CheckpointCopy(Device device, int rank, int ranks, LongFunction<MemorySegment> allocator) {
    this.device = device;
    this.allocator = allocator;
    this.rank = rank;
    this.ranks = ranks;
  }

  /**
   * Copies.
   *
   * @param weights of the whole model; where they are not lasting, every rank calls this together
   * @param optimizer moments of this rank's range
   * @return files that read the copy: to be written before the next call; or, if nothing
   *     {@linkplain #isCopied was copied}, before weights or moments change, by the thread that
   *     calls this
   * @throws CheckpointException if the weights are not lasting and there is no memory for a copy
   */
  public List<CheckpointFile> of(
      TrainingState state, LlamaConfig config, ModelTensors weights, AdamWState optimizer) {
    ShardPlan shards = ShardPlan.of(weights.layout(), ranks);
    take(bytes(shards, optimizer));
    if (!copied && !weights.areLasting()) {
      throw new CheckpointException(
          "checkpoint of step %d: rank %d has no host memory for a copy of its part, which parallel.sharding: full needs; -XX:MaxDirectMemorySize (by default -Xmx) is the limit"
              .formatted(state.step(), rank),
          null);
    }
    Map<String, Tensor> mine = ofThisRank(shards, weights);
    List<CheckpointFile> files = new ArrayList<>();
    if (rank == 0) {
      files.add(CheckpointFile.of(TrainingState.FILE_NAME, state.toJson()));
      HuggingFaceModel.smallFiles(config, shards)
          .forEach((name, bytes) -> files.add(CheckpointFile.of(inModel(name), bytes)));
    }
    for (Map.Entry<String, List<ParameterSpec>> shard : shards.of(rank).entrySet()) {
      List<SafetensorsWriter.Entry> entries = new ArrayList<>();
      for (ParameterSpec spec : shard.getValue()) {
        entries.add(
            new SafetensorsWriter.Entry(spec.name(), spec.shape(), mine.get(spec.name())));
      }
      files.add(file(inModel(shard.getKey()), entries));
    }
    moment(CheckpointFiles.MEAN, optimizer, optimizer.mean(), files);
    moment(CheckpointFiles.VARIANCE, optimizer, optimizer.variance(), files);
    return files;
  }

  /** The tensors that were dealt to this rank, or copies of them. */
  private Map<String, Tensor> ofThisRank(ShardPlan shards, ModelTensors weights) {
    Set<String> names =
        shards.of(rank).values().stream()
            .flatMap(List::stream)
            .map(ParameterSpec::name)
            .collect(Collectors.toSet());
    Map<String, Tensor> tensors = new HashMap<>();
    weights.forEach(
        (spec, tensor) -> {
          if (names.contains(spec.name())) {
            tensors.put(spec.name(), copy(tensor));
          }
        });
    return tensors;
  }

  /** Whether the files of the last call read a copy. */
  public boolean isCopied() {
    return copied;
  }

  private void moment(
      String name, AdamWState optimizer, Tensor moment, List<CheckpointFile> files) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    for (ParameterRange.Piece piece : optimizer.range().pieces()) {
      entries.add(
          new SafetensorsWriter.Entry(
              MomentFiles.name(piece),
              MomentFiles.shape(piece),
              copy(optimizer.of(piece, moment))));
    }
    if (!entries.isEmpty()) {
      String path = CheckpointFiles.OPTIMIZER + "/" + MomentFiles.fileName(name, rank, ranks);
      files.add(file(path, entries));
    }
  }

  private CheckpointFile file(String path, List<SafetensorsWriter.Entry> entries) {
    return copied
        ? new CheckpointFile(path, channel -> SafetensorsWriter.write(channel, entries))
        : new CheckpointFile(path, channel -> SafetensorsWriter.write(channel, entries, device));
  }

  private static String inModel(String name) {
    return CheckpointFiles.MODEL + "/" + name;
  }

  private long bytes(ShardPlan shards, AdamWState optimizer) {
    long weights =
        shards.of(rank).values().stream()
            .flatMap(List::stream)
            .mapToLong(spec -> spec.size() * DataType.FLOAT32.bytes())
            .sum();
    return weights + optimizer.bytes();
  }

  private void take(long bytes) {
    used = 0;
    copied = memory.byteSize() >= bytes;
    if (!copied) {
      memory = MemorySegment.NULL;
      try {
        memory = allocator.apply(bytes);
        copied = true;
      } catch (OutOfMemoryError e) {
        // Of the JVM's direct memory, which a run may well fill with its tensors.
      }
    }
  }

  private Tensor copy(Tensor tensor) {
    if (!copied) {
      return tensor;
    }
    MemorySegment host = memory.asSlice(used, tensor.bytes());
    device.download(tensor, host);
    used += tensor.bytes();
    return new Tensor(host, tensor.type(), tensor.rows(), tensor.columns());
  }
}
