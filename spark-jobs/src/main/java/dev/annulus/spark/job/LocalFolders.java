package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.Problem;
import dev.annulus.spark.console.Console;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.merge.MergeModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
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

  private LocalFolders(Path cache, Path base, List<MergeModel> models) {
    this.cache = cache;
    this.base = base;
    this.models = models;
  }

  /**
   * Copies what is not here.
   *
   * @throws InvalidInputException with every folder that is not there, or cannot be written to
   */
  static LocalFolders fetch(SparkSession spark, MergeConfig config, Console console) {
    requireLocal(config);
    Path output = Path.of(config.output()).toAbsolutePath().normalize();
    Path cache = output.resolveSibling("." + output.getFileName() + ".models");
    Map<String, Path> places = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>();
    try {
      List<String> all = new ArrayList<>(List.of(config.base()));
      all.addAll(config.models());
      Configuration hadoop = spark.sparkContext().hadoopConfiguration();
      for (String location : all) {
        if (!REMOTE.matcher(location).matches()) {
          places.put(location, Path.of(location));
        } else if (!places.containsKey(location)) {
          Path target = cache.resolve("model-" + places.size());
          copy(location, target, hadoop, console, problems);
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
    Path base = places.get(config.base());
    return new LocalFolders(
        cache,
        base,
        config.models().stream()
            .map(name -> new MergeModel(places.get(name).toString(), base.toString(), name))
            .toList());
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

  private static void copy(
      String location, Path target, Configuration hadoop, Console console, List<Problem> problems) {
    org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(location);
    try {
      FileSystem files = FileSystem.get(URI.create(location), hadoop);
      if (!files.exists(source) || !files.getFileStatus(source).isDirectory()) {
        problems.add(new Problem(location, "no such folder", "a Hugging Face model folder"));
        return;
      }
      console.say("Copying " + location);
      Files.createDirectories(target);
      for (FileStatus file : files.listStatus(source)) {
        if (file.isFile()) {
          try (var in = files.open(file.getPath())) {
            Files.copy(in, target.resolve(file.getPath().getName()));
          }
        }
      }
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
