package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose files lie on HDFS, a real one of a name node and a data node in this JVM: killed once
 * with a checkpoint complete, it goes on in another process and ends with the bits of a run on this
 * machine's disk.
 */
@Tag("soak")
class HdfsEndToEndTest {
  private static final long DEADLINE_SECONDS = 120;

  @TempDir Path temporary;

  @Test
  @Timeout(value = 400, unit = TimeUnit.SECONDS)
  void killedOnHdfsEndsWithTheSameBits() throws Exception {
    TinyRun here = TinyRun.write(temporary.resolve("here"), 2, 1);
    AnnulusProcess.Result whole =
        AnnulusProcess.run(here.folder(), "train", "--config", "run.yaml");
    assertThat(whole.exitCode()).as(whole.err()).isZero();

    Configuration conf = new Configuration();
    conf.set("hdfs.minidfs.basedir", temporary.resolve("dfs").toString());
    MiniDFSCluster hdfs = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
    try {
      hdfs.waitActive();
      killedAndResumed(here, hdfs.getFileSystem(), hdfs.getURI() + "/runs/tiny");
    } finally {
      hdfs.shutdown(true);
    }
  }

  private void killedAndResumed(TinyRun here, FileSystem files, String output) throws Exception {
    TinyRun run = TinyRun.write(temporary.resolve("there"), 2, 1);
    String[] train = {"train", "--config", "run.yaml", "--json", "run.output_dir=" + output};
    Process first = AnnulusProcess.start(run.folder(), train);
    try {
      awaitCheckpoint(files, output, first);
    } finally {
      first.destroyForcibly();
    }
    assertThat(first.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(first.exitValue()).as("killed, not finished").isEqualTo(128 + 9);

    AnnulusProcess.Result resumed = AnnulusProcess.run(run.folder(), train);
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.json().get("resumed_from").asLong()).isPositive();
    assertThat(read(files, output + "/final/model.safetensors")).isEqualTo(here.finalWeights());
    String metrics = new String(read(files, output + "/metrics.jsonl"), StandardCharsets.UTF_8);
    assertThat(metrics.lines()).hasSize(run.steps());
    assertThat(files.listStatus(new org.apache.hadoop.fs.Path(output, "checkpoints"))).hasSize(2);

    String model = output + "/final";
    AnnulusProcess.Result generated =
        AnnulusProcess.run(
            run.folder(),
            "generate",
            "--model",
            model,
            "--prompt",
            "ring",
            "--max-new-tokens",
            "4");
    assertThat(generated.exitCode()).as(generated.err()).isZero();
  }

  private static void awaitCheckpoint(FileSystem files, String output, Process process)
      throws Exception {
    org.apache.hadoop.fs.Path manifests =
        new org.apache.hadoop.fs.Path(output, "checkpoints/step-*/manifest.json");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    FileStatus[] found = files.globStatus(manifests);
    while (found == null || found.length == 0) {
      assertThat(System.nanoTime()).as("waiting for a checkpoint").isLessThan(deadline);
      assertThat(process.waitFor(5, TimeUnit.MILLISECONDS)).as("ended before its kill").isFalse();
      found = files.globStatus(manifests);
    }
  }

  private static byte[] read(FileSystem files, String path) throws IOException {
    try (var in = files.open(new org.apache.hadoop.fs.Path(path))) {
      return in.readAllBytes();
    }
  }
}
