package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.Problem;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.storage.RemoteModel;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.merge.MergeModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/**
 * The folders of a merge where every worker can map them. What lies on another file system ({@code
 * hdfs://...}, {@code s3a://...}) is copied beside the output first, and deleted at the end.
 */
final class LocalFolders implements AutoCloseable {
  private static final Pattern REMOTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  private final Path cache;
  private final Path base;
  private final List<MergeModel> models;

  private LocalFolders(Path cache, MergeConfig config, Map<String, Path> places) {
    this.cache = cache;
    this.base = places.get(config.base());
    this.models =
        config.models().stream()
            .map(name -> new MergeModel(places.get(name).toString(), base.toString(), name))
            .toList();
  }

  /** Copies what is not here, all of it. */
  static LocalFolders fetch(SparkSession spark, MergeConfig config, Console console) {
    return fetch(spark, config, location -> console.say("Copying " + location), RemoteModel::copy);
  }

  /** Copies of what is not here as much as a plan looks at: no values. */
  static LocalFolders outlines(SparkSession spark, MergeConfig config) {
    return fetch(spark, config, location -> {}, RemoteModel::outline);
  }

  /** The folders as they are, if none has to be copied. */
  static Optional<LocalFolders> here(MergeConfig config) {
    requireLocal(config);
    Map<String, Path> places = new LinkedHashMap<>();
    for (String location : locations(config)) {
      if (REMOTE.matcher(location).matches()) {
        return Optional.empty();
      }
      places.put(location, Path.of(location));
    }
    return Optional.of(new LocalFolders(cache(config), config, places));
  }

  private static List<String> locations(MergeConfig config) {
    List<String> all = new ArrayList<>(List.of(config.base()));
    all.addAll(config.models());
    return all;
  }

  private static Path cache(MergeConfig config) {
    Path output = Path.of(config.output()).toAbsolutePath().normalize();
    return output.resolveSibling("." + output.getFileName() + ".models");
  }

  @FunctionalInterface
  private interface Copy {
    void into(RemoteModel model, Path target) throws IOException;
  }

  /**
   * Copies what is not here.
   *
   * @throws InvalidInputException with every folder that is not there, or cannot be written to
   */
  private static LocalFolders fetch(
      SparkSession spark, MergeConfig config, Consumer<String> told, Copy copy) {
    requireLocal(config);
    Path cache = cache(config);
    // Of a merge that was killed.
    delete(cache);
    Map<String, Path> places = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>();
    try {
      Configuration hadoop = spark.sparkContext().hadoopConfiguration();
      for (String location : locations(config)) {
        if (!REMOTE.matcher(location).matches()) {
          places.put(location, Path.of(location));
        } else if (!places.containsKey(location)) {
          Path target = cache.resolve("model-" + places.size());
          fetch(location, target, hadoop, told, copy, problems);
          places.put(location, target);
        }
      }
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
    } catch (RuntimeException e) {
      delete(cache);
      throw e;
    }
    return new LocalFolders(cache, config, places);
  }

  Path base() {
    return base;
  }

  List<MergeModel> models() {
    return models;
  }

  private static void requireLocal(MergeConfig config) {
    List<Problem> problems = new ArrayList<>();
    Map<String, String> written = new LinkedHashMap<>();
    written.put("merge.output", config.output());
    config.state().ifPresent(state -> written.put("merge.state", state));
    written.forEach(
        (key, location) -> {
          if (REMOTE.matcher(location).matches()) {
            problems.add(
                new Problem(key, location, "a folder on a file system that all workers mount"));
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private static void fetch(
      String location,
      Path target,
      Configuration hadoop,
      Consumer<String> told,
      Copy copy,
      List<Problem> problems) {
    try {
      Optional<RemoteModel> model = RemoteModel.find(location, hadoop);
      if (model.isEmpty()) {
        problems.add(new Problem(location, "no such folder", "a Hugging Face model folder"));
        return;
      }
      told.accept(location);
      Files.createDirectories(target);
      copy.into(model.get(), target);
    } catch (IOException | RuntimeException e) {
      problems.add(
          new Problem(
              location,
              "cannot be read: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
              "a Hugging Face model folder"));
    }
  }

  private static void delete(Path cache) {
    try {
      DurableFiles.deleteTree(cache);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + cache, e);
    }
  }

  @Override
  public void close() {
    delete(cache);
  }
}
