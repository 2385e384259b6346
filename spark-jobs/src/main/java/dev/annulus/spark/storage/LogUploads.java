package dev.annulus.spark.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Small files that grow, kept on a storage that cannot append: each is written whole when it has
 * changed. Used by several threads.
 */
final class LogUploads {
  private final Path folder;
  private final RemoteFolder remote;
  private final List<String> excepted;
  private final Map<String, State> kept = new HashMap<>();

  private record State(long bytes, FileTime changed) {
    static State of(Path file) throws IOException {
      return new State(Files.size(file), Files.getLastModifiedTime(file));
    }
  }

  /**
   * The files of a folder.
   *
   * @param excepted folders in it that are not looked at
   */
  LogUploads(Path folder, RemoteFolder remote, List<String> excepted) {
    this.folder = folder;
    this.remote = remote;
    this.excepted = List.copyOf(excepted);
  }

  /** Says that a file is as it is on the storage. */
  synchronized void isKept(String name) throws IOException {
    kept.put(name, State.of(folder.resolve(name)));
  }

  /**
   * Writes what has changed. Files are taken in the opposite order of their names and written in
   * that of their names: the updates that are kept of {@code zo_sgd.jsonl} have lines in {@code
   * metrics.jsonl}, to which each is added first.
   */
  synchronized void upload() throws IOException {
    List<String> names = names();
    Map<String, State> states = new HashMap<>();
    LinkedHashMap<String, byte[]> taken = new LinkedHashMap<>();
    for (String name : names.reversed()) {
      State state = State.of(folder.resolve(name));
      if (!state.equals(kept.get(name))) {
        states.put(name, state);
        taken.put(name, Files.readAllBytes(folder.resolve(name)));
      }
    }
    for (String name : taken.sequencedKeySet().reversed()) {
      remote.publish(name, taken.get(name));
      kept.put(name, states.get(name));
    }
  }

  private List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) walk::iterator) {
        String name = folder.relativize(file).toString();
        boolean counts =
            Files.isRegularFile(file)
                && !file.getFileName().toString().startsWith(".")
                && excepted.stream().noneMatch(except -> isIn(name, except));
        if (counts) {
          names.add(name);
        }
      }
    }
    names.sort(Comparator.naturalOrder());
    return names;
  }

  /** Also where it is being made under another name. */
  private static boolean isIn(String name, String except) {
    return name.startsWith(except + "/") || name.startsWith("." + except + ".");
  }
}
