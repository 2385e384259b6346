package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application jar under spark-submit, with executors in processes of their own: blocks travel
 * between processes, encrypted with keys from Spark's secret. The result has the bits of the run in
 * one process.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class SparkSubmitEndToEndTest {
  private static final String SECRET = "only this test's cluster knows it";

  @TempDir Path temporary;

  @Test
  void separateExecutorsTrainToTheSameBits() throws Exception {
    TinyRun local = TinyRun.write(temporary.resolve("local"), 2, 1);
    AnnulusProcess.Result whole =
        AnnulusProcess.run(local.folder(), "train", "--config", "run.yaml");
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    TinyRun submitted = TinyRun.write(temporary.resolve("submitted"), 2, 1);
    // Executors do not share the driver's folder: paths must be absolute, and the master is
    // spark-submit's.
    String yaml =
        Files.readString(submitted.folder().resolve("run.yaml"))
            .replace("output_dir: out", "output_dir: " + submitted.folder().resolve("out"))
            .replace("path: docs.jsonl", "path: " + submitted.folder().resolve("docs.jsonl"))
            .replace("spark: {master: \"local[2]\"}", "");
    Files.writeString(submitted.folder().resolve("run.yaml"), yaml);
    Process process = submit(submitted.folder());
    boolean finished = process.waitFor(200, TimeUnit.SECONDS);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    String output = Files.readString(submitted.folder().resolve("output"));
    assertThat(finished).as(output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();

    assertThat(submitted.finalWeights()).isEqualTo(local.finalWeights());
    assertThat(output).contains("aes-256-gcm").doesNotContain(SECRET);
    assertThat(Files.readString(submitted.folder().resolve("out/config.yaml")))
        .contains("encryption: aes_gcm")
        .doesNotContain(SECRET);
  }

  private Process submit(Path folder) throws Exception {
    Path target = AnnulusProcess.REPOSITORY.resolve("spark-jobs/target");
    Path sparkHome = temporary.resolve("spark");
    Path jars = Files.createDirectories(sparkHome.resolve("jars"));
    String classpath = Files.readString(target.resolve("spark.classpath")).strip();
    for (String jar : classpath.split(":", -1)) {
      Path link = jars.resolve(Path.of(jar).getFileName());
      if (!Files.exists(link)) {
        Files.createSymbolicLink(link, Path.of(jar));
      }
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    // What bin/spark-submit adds by itself, and the two options that the README names.
    command.addAll(
        List.of(org.apache.spark.launcher.JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
    command.addAll(
        List.of(
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-XX:MaxDirectMemorySize=1t",
            "-Xmx1g",
            "-cp",
            jars + "/*",
            "org.apache.spark.deploy.SparkSubmit",
            "--master",
            "local-cluster[2,1,1024]",
            "--class",
            "dev.annulus.spark.Annulus",
            "--conf",
            "spark.executor.memory=1g",
            "--conf",
            "spark.ui.enabled=false",
            "--conf",
            "spark.authenticate=true",
            "--conf",
            "spark.authenticate.secret=" + SECRET,
            target.resolve("annulus.jar").toString(),
            "train",
            "--config",
            folder.resolve("run.yaml").toString(),
            "transport.encryption=aes-gcm"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.toFile());
    builder.environment().put("SPARK_HOME", sparkHome.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(folder.resolve("output").toFile());
    return builder.start();
  }
}
