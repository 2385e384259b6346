package dev.annulus.spark.storage;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.LocalCheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/** Where one worker's part of a run leaves its files: {@code run.output_dir}. */
public sealed interface RunOutput extends AutoCloseable permits MountedOutput, RemoteRunOutput {
  /** A folder of this machine for the run's files. */
  Path folder();

  /** The run's checkpoints. */
  CheckpointStore checkpoints();

  /** A message to people, in which the run's files lie where they will be found. */
  String told(String message);

  /** Keeps the trained model and everything else that was written. */
  void finish();

  /** Keeps what was written of logs, as far as that is possible. */
  @Override
  void close();

  /**
   * Opens the output of a worker.
   *
   * @param writes whether this worker writes more than its part of checkpoints
   * @param gang letters and digits that the workers which run together have in common
   * @param notices told in one line what cannot be kept now
   * @throws dev.annulus.trainer.checkpoint.CheckpointException if it cannot be reached
   */
  static RunOutput open(RunConfig config, boolean writes, String gang, Consumer<String> notices) {
    String location = config.run().outputDir();
    return Location.isRemote(location)
        ? RemoteRunOutput.open(config, HadoopSettings.ofProcess(), writes, gang, notices)
        : new MountedOutput(Location.local(location));
  }

  /**
   * The checkpoints of a run, to be looked at.
   *
   * @throws InvalidInputException if the output cannot be reached
   */
  static CheckpointStore checkpoints(RunConfig config) {
    String location = Location.below(config.run().outputDir(), "checkpoints");
    if (!Location.isRemote(location)) {
      return new LocalCheckpointStore(Path.of(location));
    }
    return new HadoopCheckpointStore(
        remote(config, location), "none", RemoteRunOutput.temporary(), () -> {});
  }

  /**
   * Looks whether a run can use its output.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  static void require(RunConfig config) {
    String location = config.run().outputDir();
    if (!Location.isRemote(location)) {
      return;
    }
    List<Problem> problems = new ArrayList<>();
    try {
      remote(config, location).exists("");
    } catch (IOException e) {
      problems.add(unreachable(location, e));
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
    }
    for (int stage = 0; stage < config.stages().size(); stage++) {
      if (config.stages().get(stage).merge().isPresent()) {
        problems.add(
            new Problem(
                "stages." + stage + ".merge",
                "present, with run.output_dir " + location,
                "no merge, or an output_dir on a file system that is mounted: a merge maps its"
                    + " files into memory"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /**
   * A small file of a run's output.
   *
   * @return its bytes; empty if there is none
   */
  static Optional<byte[]> read(RunConfig config, String name) {
    RemoteFolder folder = remote(config, config.run().outputDir());
    try {
      return Optional.of(folder.readPublished(name));
    } catch (java.io.FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new InvalidInputException(List.of(unreachable(folder.place(name), e)));
    }
  }

  private static RemoteFolder remote(RunConfig config, String location) {
    Configuration hadoop = HadoopSettings.before(config.spark());
    try {
      return RemoteFolder.of(location, hadoop, StorageCalls.of(config.checkpoint()));
    } catch (IOException e) {
      throw new InvalidInputException(List.of(unreachable(config.run().outputDir(), e)));
    }
  }

  private static Problem unreachable(String location, IOException e) {
    return new Problem(
        "run.output_dir",
        location + ", which cannot be reached: " + StorageCalls.firstLine(e),
        "a folder of a file system that Hadoop has here and may write to (spark.hadoop.*)");
  }
}
