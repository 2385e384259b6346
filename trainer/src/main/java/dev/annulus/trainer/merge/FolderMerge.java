package dev.annulus.trainer.merge;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Merges folders: looks at every value, folds tensor by tensor into a new state, writes the merged
 * weights. Output and state are made aside and appear when both are whole; what was there before
 * stays until then.
 */
public final class FolderMerge {
  private static final String TENSORS = "tensors";

  private final MergePlan plan;
  private final MergeRequest request;
  private final TensorWorkers workers;
  private final LongSupplier nanoClock;

  /** A merge that was planned and is to be done by these workers. */
  public FolderMerge(MergePlan plan, TensorWorkers workers, LongSupplier nanoClock) {
    this.plan = plan;
    this.request = plan.request();
    this.workers = workers;
    this.nanoClock = nanoClock;
  }

  /**
   * Does the merge.
   *
   * @return what the report in the output says
   * @throws InvalidInputException if a value, a model or the state cannot be merged; nothing was
   *     written
   * @throws UncheckedIOException if something cannot be read or written; what was there is still
   */
  public MergeReport run() {
    try {
      return merge();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "merging into "
              + request.output()
              + " failed and nothing of it is left: "
              + e.getMessage(),
          e);
    }
  }

  private MergeReport merge() throws IOException {
    long started = nanoClock.getAsLong();
    Scan scan = Scan.of(plan, workers);
    double scanSeconds = secondsSince(started);
    MergeReport[] report = new MergeReport[1];
    DurableFiles.writeFolder(
        request.output(),
        output -> {
          if (request.stateOut().isPresent()) {
            DurableFiles.writeFolder(
                request.stateOut().get(),
                state -> report[0] = make(scan, state, output, scanSeconds));
          } else {
            Path state = Files.createDirectory(output.resolve(".state"));
            report[0] = make(scan, state, output, scanSeconds);
            DurableFiles.deleteTree(state);
          }
        });
    return report[0];
  }

  private MergeReport make(Scan scan, Path stateFolder, Path output, double scanSeconds)
      throws IOException {
    long foldStarted = nanoClock.getAsLong();
    List<FoldTask.Folded> folded = fold(scan, stateFolder);
    MergeState state = state(scan, folded);
    state.write(stateFolder);
    double foldSeconds = secondsSince(foldStarted);
    long writeStarted = nanoClock.getAsLong();
    double scale = MergeMethods.of(request.method()).scale(state.totals());
    OutputFolder folder = new OutputFolder(plan, output);
    List<WriteTask.Written> written = workers.run("write", folder.tasks(state, stateFolder, scale));
    requireFinite(written);
    MergeReport report =
        MergeReport.of(
            plan,
            scan,
            folded,
            written,
            state,
            scale,
            new MergeReport.Seconds(scanSeconds, foldSeconds, secondsSince(writeStarted)));
    folder.finish(report);
    return report;
  }

  private List<FoldTask.Folded> fold(Scan scan, Path stateFolder) throws IOException {
    Files.createDirectory(stateFolder.resolve(TENSORS));
    List<FoldTask> tasks = new ArrayList<>();
    for (int i = 0; i < plan.tensors().size(); i++) {
      MergeTensor tensor = plan.tensors().get(i);
      Optional<String> before = stateFile(plan, i);
      tasks.add(
          new FoldTask(
              tensor,
              request.method(),
              request.dtype(),
              request.base().toString(),
              scan.models().stream().map(Scan.Accepted::model).toList(),
              plan.state().map(state -> state.models().size()).orElse(0),
              before.orElse(null),
              stateFolder.resolve(fileName(i)).toString()));
    }
    return workers.run("fold", tasks);
  }

  private MergeState state(Scan scan, List<FoldTask.Folded> folded) {
    List<MergeState.Model> models =
        new ArrayList<>(plan.state().map(MergeState::models).orElse(List.of()));
    for (Scan.Accepted accepted : scan.models()) {
      models.add(new MergeState.Model(accepted.model().name(), accepted.sha256(), accepted.norm()));
    }
    List<MergeState.Tensor> tensors = new ArrayList<>();
    double squares = 0;
    for (int i = 0; i < folded.size(); i++) {
      MergeTensor tensor = plan.tensors().get(i);
      squares += folded.get(i).vectorSquares();
      tensors.add(
          new MergeState.Tensor(
              tensor.name(),
              tensor.shape(),
              fileName(i),
              folded.get(i).fileBytes(),
              folded.get(i).sha256()));
    }
    return new MergeState(
        MergeState.FORMAT,
        request.method().toYaml(),
        request.dtype().name().toLowerCase(Locale.ROOT),
        request.base().toString(),
        scan.baseSha256(),
        models,
        Math.sqrt(squares),
        tensors);
  }

  private void requireFinite(List<WriteTask.Written> written) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      if (written.get(i).notFinite() > 0) {
        problems.add(
            new Problem(
                "merge.out_dtype",
                "%s cannot hold %d numbers of %s"
                    .formatted(
                        plan.types().get(i),
                        written.get(i).notFinite(),
                        plan.tensors().get(i).name()),
                "a type that holds the merged weights, for example bfloat16"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** The file of the state so far that holds a tensor. */
  static Optional<String> stateFile(MergePlan plan, int tensor) {
    return plan.state()
        .map(
            state ->
                plan.request()
                    .stateIn()
                    .orElseThrow()
                    .resolve(state.tensors().get(tensor).file())
                    .toString());
  }

  private static String fileName(int tensor) {
    return TENSORS + "/%05d.safetensors".formatted(tensor);
  }

  private double secondsSince(long started) {
    return (nanoClock.getAsLong() - started) / 1e9;
  }
}
