package dev.annulus.trainer.merge;

import dev.annulus.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Whether a state can be gone on from with a request; its values are looked at later. */
final class StateAgreement {
  private StateAgreement() {}

  static List<Problem> problems(MergeRequest request, MergeState state, ModelFolder base) {
    String file = request.stateIn().orElseThrow().resolve(MergeState.FILE_NAME).toString();
    List<Problem> problems = new ArrayList<>();
    String asked = request.method().toYaml().toString();
    if (!asked.equals(new LinkedHashMap<>(state.method()).toString())) {
      problems.add(new Problem(file + " method", state.method().toString(), asked + ", as asked"));
    }
    String dtype = request.dtype().name().toLowerCase(Locale.ROOT);
    if (!dtype.equals(state.dtype())) {
      problems.add(new Problem(file + " dtype", state.dtype(), dtype + ", as asked"));
    }
    Map<String, List<Long>> held = new LinkedHashMap<>();
    state.tensors().forEach(tensor -> held.put(tensor.name(), tensor.shape()));
    Map<String, List<Long>> expected = new LinkedHashMap<>();
    base.tensors().forEach((name, tensor) -> expected.put(name, tensor.shape()));
    if (!held.equals(expected)) {
      problems.add(
          new Problem(
              file + " tensors",
              held.size() + " tensors of another model",
              "the names and shapes of " + base.path()));
    }
    state.tensors().forEach(tensor -> fileProblem(request, tensor, problems));
    return problems;
  }

  /** Its checksum is looked at with the values. */
  private static void fileProblem(
      MergeRequest request, MergeState.Tensor tensor, List<Problem> problems) {
    Path file = request.stateIn().orElseThrow().resolve(tensor.file());
    String expected = tensor.bytes() + " bytes, the running tensors of " + tensor.name();
    try {
      long bytes = Files.size(file);
      if (bytes != tensor.bytes()) {
        problems.add(new Problem(file.toString(), bytes + " bytes", expected));
      }
    } catch (NoSuchFileException e) {
      problems.add(new Problem(file.toString(), "no such file", expected));
    } catch (IOException e) {
      problems.add(new Problem(file.toString(), "not readable: " + e.getMessage(), expected));
    }
  }
}
