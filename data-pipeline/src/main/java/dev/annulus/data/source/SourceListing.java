package dev.annulus.data.source;

import dev.annulus.config.Problem;
import dev.annulus.config.SourceSettings;
import dev.annulus.data.document.ProblemList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Which files the paths of a configuration mean. */
public final class SourceListing {
  private SourceListing() {}

  /**
   * The files of every source. A path is a file, a directory (all below it but names that begin
   * with a dot or an underscore), or a glob of either.
   *
   * @param key of the list in the configuration, for messages
   * @throws dev.annulus.config.InvalidInputException with the sources that have no file
   */
  public static List<Source> list(List<SourceSettings> settings, String key, Configuration conf) {
    ProblemList problems = new ProblemList();
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      SourceSettings source = settings.get(i);
      List<SourceFile> files = files(source.path(), conf);
      if (files.isEmpty()) {
        problems.add(
            new Problem(
                key + "." + i + ".path",
                "no file at " + source.path(),
                "a file, directory or glob"));
      }
      sources.add(new Source(source, files));
    }
    problems.throwIfAny();
    return sources;
  }

  private static List<SourceFile> files(String location, Configuration conf) {
    try {
      Path path = new Path(location);
      FileSystem fileSystem = path.getFileSystem(conf);
      // A file of just this name wins over what its characters mean in a glob.
      FileStatus[] found =
          fileSystem.exists(path)
              ? new FileStatus[] {fileSystem.getFileStatus(path)}
              : fileSystem.globStatus(path);
      List<SourceFile> files = new ArrayList<>();
      for (FileStatus status : found == null ? new FileStatus[0] : found) {
        collect(fileSystem, status, files);
      }
      files.sort(Comparator.comparing(SourceFile::uri));
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException("listing " + location, e);
    }
  }

  private static void collect(FileSystem fileSystem, FileStatus status, List<SourceFile> files)
      throws IOException {
    if (!status.isDirectory()) {
      files.add(
          new SourceFile(
              status.getPath().toString(), status.getLen(), status.getModificationTime()));
      return;
    }
    for (FileStatus child : fileSystem.listStatus(status.getPath())) {
      String name = child.getPath().getName();
      if (!name.startsWith(".") && !name.startsWith("_")) {
        collect(fileSystem, child, files);
      }
    }
  }
}
