package dev.annulus.trainer.merge;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.Problem;
import dev.annulus.trainer.huggingface.SafetensorsType;
import dev.annulus.trainer.huggingface.StoredTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A merge that can be done as far as names, shapes, types and folders tell; values are not read
 * yet.
 *
 * @param tensors by name
 * @param types of the output's tensors, in the same order
 * @param state to go on from
 * @param notes for people
 */
public record MergePlan(
    MergeRequest request,
    Map<String, Object> baseConfig,
    List<MergeTensor> tensors,
    List<SafetensorsType> types,
    Optional<MergeState> state,
    PlanSize size,
    List<String> notes) {
  public MergePlan {
    tensors = List.copyOf(tensors);
    types = List.copyOf(types);
    notes = List.copyOf(notes);
  }

  /**
   * Checks a request.
   *
   * @throws InvalidInputException with everything that is wrong with the folders
   */
  public static MergePlan of(MergeRequest request) {
    List<Problem> problems = new ArrayList<>(OutputPlace.problems(request));
    List<String> notes = new ArrayList<>();
    Optional<ModelFolder> base = read(request.base(), problems);
    base.ifPresent(folder -> problems.addAll(ModelAgreement.typeProblems(folder)));
    Map<String, Long> bytesByFolder = new LinkedHashMap<>();
    for (MergeModel model : request.models()) {
      Optional<ModelFolder> folder = read(model.path(), problems);
      if (base.isPresent() && folder.isPresent()) {
        problems.addAll(ModelAgreement.problems(base.get(), folder.get()));
        notes.addAll(ModelAgreement.notes(base.get(), folder.get()));
        bytesByFolder.put(model.folder(), folder.get().bytes());
      }
    }
    Optional<MergeState> state = readState(request, problems);
    if (base.isPresent() && state.isPresent()) {
      problems.addAll(StateAgreement.problems(request, state.get(), base.get()));
    }
    problems.addAll(tooMany(request, state));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return planned(request, base.orElseThrow(), state, bytesByFolder, notes);
  }

  private static MergePlan planned(
      MergeRequest request,
      ModelFolder base,
      Optional<MergeState> state,
      Map<String, Long> bytesByFolder,
      List<String> notes) {
    List<MergeTensor> tensors = new ArrayList<>();
    List<SafetensorsType> types = new ArrayList<>();
    // By name: neither hashes nor sums may depend on how the base's files are cut.
    for (StoredTensor tensor : new TreeMap<>(base.tensors()).values()) {
      tensors.add(MergeTensor.of(tensor.name(), tensor.shape()));
      types.add(request.outDtype().map(MergePlan::type).orElse(tensor.type()));
    }
    return new MergePlan(
        request,
        base.config(),
        tensors,
        types,
        state,
        PlanSize.of(request, tensors, types, base.bytes(), bytesByFolder, state.isPresent()),
        notes);
  }

  private static Optional<ModelFolder> read(Path folder, List<Problem> problems) {
    try {
      return Optional.of(ModelFolder.read(folder));
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private static Optional<MergeState> readState(MergeRequest request, List<Problem> problems) {
    Optional<Path> folder = request.stateIn().filter(Files::exists);
    try {
      return folder.map(MergeState::read);
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private static List<Problem> tooMany(MergeRequest request, Optional<MergeState> state) {
    int most = MergeMethods.of(request.method()).mostModels();
    int models = request.models().size() + state.map(s -> s.models().size()).orElse(0);
    return models <= most
        ? List.of()
        : List.of(
            new Problem(
                "merge.models",
                models + " models, those of the state included",
                "at most " + most + " for " + request.method().method().yamlName()));
  }

  private static SafetensorsType type(MergeConfig.OutDtype dtype) {
    return switch (dtype) {
      case FLOAT64 -> SafetensorsType.F64;
      case FLOAT32 -> SafetensorsType.F32;
      case FLOAT16 -> SafetensorsType.F16;
      case BFLOAT16 -> SafetensorsType.BF16;
    };
  }
}
