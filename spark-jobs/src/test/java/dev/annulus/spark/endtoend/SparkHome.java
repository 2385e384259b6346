package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What Spark's processes look for under SPARK_HOME, made of the jars that the build has fetched.
 */
record SparkHome(Path folder) {
  /** The application jar that the build has made. */
  static final Path APPLICATION =
      AnnulusProcess.REPOSITORY.resolve("spark-jobs/target/annulus.jar");

  /** Links the jars into a folder; those that are there already stay. */
  static SparkHome link(Path folder) throws IOException {
    Path jars = Files.createDirectories(folder.resolve("jars"));
    String classpath =
        Files.readString(AnnulusProcess.REPOSITORY.resolve("spark-jobs/target/spark.classpath"));
    for (String jar : classpath.strip().split(":", -1)) {
      Path link = jars.resolve(Path.of(jar).getFileName());
      if (!Files.exists(link)) {
        Files.createSymbolicLink(link, Path.of(jar));
      }
    }
    return new SparkHome(folder);
  }

  /**
   * A JVM as Spark's own scripts start it, up to its main class.
   *
   * @param options beyond those that the scripts add by themselves
   */
  List<String> java(String heap, List<String> options, String mainClass) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(
        List.of(org.apache.spark.launcher.JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
    command.addAll(options);
    command.addAll(List.of("-Xmx" + heap, "-cp", folder.resolve("jars") + "/*", mainClass));
    return command;
  }

  /** What a process and its executors find in their environment. */
  Map<String, String> environment(String localAddress) {
    return Map.of(
        "SPARK_HOME",
        folder.toString(),
        "SPARK_SCALA_VERSION",
        "2.13",
        "SPARK_LOCAL_IP",
        localAddress,
        "JAVA_HOME",
        System.getProperty("java.home"));
  }
}
