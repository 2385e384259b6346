package dev.annulus.trainer.checkpoint;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunSettings.Resume;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds what a run continues from: the newest checkpoint that is whole. */
public final class ResumeSearch {
  private ResumeSearch() {}

  /**
   * Reads the newest whole checkpoint. Damaged ones that are newer are told to {@code notices} and
   * set aside once an older one was read.
   *
   * @return what {@code reader} made of it; empty if the run starts anew
   * @throws InvalidInputException if {@code resume} and what is there do not go together, or if
   *     every checkpoint is damaged
   */
  public static <T> Optional<T> find(
      CheckpointStore store, Resume resume, FolderReader<T> reader, Consumer<String> notices) {
    List<Long> steps = steps(store, resume);
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    List<Problem> damaged = new ArrayList<>();
    for (long step : steps) {
      try {
        T found = store.read(step, reader);
        steps.stream().filter(newer -> newer > step).forEach(store::setAside);
        return Optional.of(found);
      } catch (DamagedCheckpointException e) {
        notices.accept(
            "warning: checkpoint of step " + step + " is damaged and not used: " + e.getMessage());
        damaged.add(
            new Problem(e.place(), String.join("; ", e.damages()), "the files of its manifest"));
      }
    }
    throw new InvalidInputException(damaged);
  }

  /**
   * Reads the newest whole checkpoint of a step before {@code step}, and leaves all as they are.
   * Damaged ones are told to {@code notices}.
   *
   * @return what {@code reader} made of it; empty if there is none
   */
  public static <T> Optional<T> findBefore(
      CheckpointStore store, long step, FolderReader<T> reader, Consumer<String> notices) {
    for (long earlier : store.steps()) {
      if (earlier < step) {
        try {
          return Optional.of(store.read(earlier, reader));
        } catch (DamagedCheckpointException e) {
          notices.accept(
              "warning: checkpoint of step "
                  + earlier
                  + " is damaged and not used: "
                  + e.getMessage());
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Steps of the checkpoints that a run may go on from, newest first; none of them is read.
   *
   * @throws InvalidInputException if {@code resume} and what is there do not go together
   */
  public static List<Long> steps(CheckpointStore store, Resume resume) {
    List<Long> steps = store.steps();
    if (resume == Resume.NEVER && !steps.isEmpty()) {
      throw new InvalidInputException(
          "run.resume",
          "never, but " + store.location() + " holds a checkpoint of step " + steps.getFirst(),
          "auto or required to continue it, or another run.output_dir");
    }
    if (resume == Resume.REQUIRED && steps.isEmpty()) {
      throw new InvalidInputException(
          "run.resume",
          "required, but " + store.location() + " holds no complete checkpoint",
          "a checkpoint to continue from, or auto");
    }
    return steps;
  }
}
