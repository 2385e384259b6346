package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hosts of a cluster that are not what the job was told: one clear line, and no retries. */
@Timeout(value = 200, unit = TimeUnit.SECONDS)
class WrongHostsEndToEndTest {
  @TempDir Path temporary;

  @Test
  void executorsWithAnotherBuildOfTheJar() throws Exception {
    Path other = temporary.resolve("other.jar");
    rebuild(AnnulusProcess.REPOSITORY.resolve("spark-jobs/target/annulus.jar"), other);
    SubmittedRun submitted =
        SubmittedRun.start(temporary, List.of("spark.executor.extraClassPath=" + other), List.of());
    assertThat(submitted.awaitExit(150)).as(submitted.output()).isEqualTo(2);
    assertThat(submitted.output())
        .containsPattern("error: jar on 127.0.0.1: build \\S+\\+[0-9a-f]{12} \\(expected build ")
        .contains("as at the driver")
        .doesNotContain("start again");
    assertThat(submitted.run().stepsLogged()).isZero();
  }

  /** Where a machine has a GPU this shows nothing: it is there, as was promised. */
  @Test
  void executorsWithoutTheGpuThatTheirHostPromised() throws Exception {
    assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a GPU");
    Path discovery = temporary.resolve("discovery.sh");
    Files.writeString(discovery, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\"]}'\n");
    assertThat(discovery.toFile().setExecutable(true)).isTrue();
    SubmittedRun submitted =
        SubmittedRun.start(
            temporary,
            List.of(
                "spark.worker.resource.gpu.amount=1",
                "spark.worker.resource.gpu.discoveryScript=" + discovery,
                "spark.executor.resource.gpu.amount=1",
                "spark.task.resource.gpu.amount=1"),
            List.of());
    assertThat(submitted.awaitExit(150)).as(submitted.output()).isEqualTo(2);
    assertThat(submitted.output())
        .containsPattern("error: rank [01] on 127.0.0.1: Spark gave it GPU 0, but it would compute")
        .contains("or device.kind: cpu")
        .doesNotContain("start again");
  }

  /** The same classes with one more beside them. */
  private static void rebuild(Path from, Path to) throws IOException {
    try (ZipFile jar = new ZipFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (Enumeration<? extends ZipEntry> all = jar.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        zip.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream in = jar.getInputStream(entry)) {
          in.transferTo(zip);
        }
        zip.closeEntry();
      }
      zip.putNextEntry(new ZipEntry("dev/annulus/spark/Patched.class"));
      zip.closeEntry();
    }
  }
}
