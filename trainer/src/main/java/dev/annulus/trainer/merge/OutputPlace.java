package dev.annulus.trainer.merge;

import dev.annulus.config.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether output and state lie where nothing is lost by writing them. */
final class OutputPlace {
  private OutputPlace() {}

  static List<Problem> problems(MergeRequest request) {
    List<Problem> problems = new ArrayList<>();
    Path output = absolute(request.output());
    if (Files.exists(output) && !request.overwrite()) {
      problems.add(
          new Problem(
              "merge.output",
              request.output() + " exists",
              "a folder that is not there yet, or merge.overwrite: true"));
    } else if (Files.exists(output) && !Files.isDirectory(output)) {
      problems.add(new Problem("merge.output", request.output() + " is a file", "a folder"));
    }
    Map<String, Path> written = new LinkedHashMap<>();
    written.put("merge.output", output);
    request.stateOut().ifPresent(state -> written.put("merge.state", absolute(state)));
    Map<String, Path> read = new LinkedHashMap<>();
    read.put("merge.base", absolute(request.base()));
    for (int i = 0; i < request.models().size(); i++) {
      read.put("merge.models." + i, absolute(request.models().get(i).path()));
    }
    written.forEach(
        (key, place) ->
            read.forEach((other, folder) -> apart(key, place, other, folder, problems)));
    request
        .stateOut()
        .ifPresent(
            state -> apart("merge.state", absolute(state), "merge.output", output, problems));
    return problems;
  }

  /** A folder that is replaced takes with it whatever lies in it. */
  private static void apart(
      String key, Path place, String other, Path folder, List<Problem> problems) {
    if (folder.startsWith(place) || place.startsWith(folder)) {
      problems.add(
          new Problem(key, place.toString(), "a folder apart from " + other + ", " + folder));
    }
  }

  private static Path absolute(Path path) {
    return path.toAbsolutePath().normalize();
  }
}
