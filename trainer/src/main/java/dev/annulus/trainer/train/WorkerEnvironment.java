package dev.annulus.trainer.train;

import dev.annulus.config.ModelSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.device.Device;
import dev.annulus.link.Link;
import dev.annulus.mesh.Mesh;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Everything that a worker gets from outside. Whoever made it closes link, device and tokeniser; a
 * run that fails has closed its link already, so that peers end too.
 *
 * @param rank of this worker in the world
 * @param mesh of the world
 * @param world this worker's end of the network, of {@code mesh.world()} ranks
 * @param device what computes
 * @param rows opens the packed rows of a stage, by its index; the worker closes them
 * @param heldOutRows the same of the rows that a stage is measured on; asked only if it is
 * @param outputDir the same folder for all ranks; but for checkpoints only rank 0 writes there
 * @param model what the run starts with; its folder lies on this machine if this worker writes
 * @param configYaml the whole configuration as used, for {@code config.yaml}
 * @param checkpoints all ranks write to it, rank 0 reads it
 * @param tokenizer of the run, if there is text in it
 * @param listener told of every step
 * @param nanoClock a monotonic clock
 * @param cancelled asked before each step
 */
public record WorkerEnvironment(
    int rank,
    Mesh mesh,
    Link world,
    Device device,
    IntFunction<PackedRows> rows,
    IntFunction<PackedRows> heldOutRows,
    Path outputDir,
    ModelSettings model,
    String configYaml,
    CheckpointStore checkpoints,
    Optional<Tokenizer> tokenizer,
    StepListener listener,
    LongSupplier nanoClock,
    BooleanSupplier cancelled) {
  public WorkerEnvironment {
    if (world.size() != mesh.world() || world.rank() != rank) {
      throw new IllegalArgumentException(
          "rank "
              + rank
              + " of a mesh of "
              + mesh.world()
              + " with a link of rank "
              + world.rank()
              + " of "
              + world.size());
    }
  }

  /** Whether this worker writes the run's files. */
  boolean isWriter() {
    return rank == 0;
  }
}
