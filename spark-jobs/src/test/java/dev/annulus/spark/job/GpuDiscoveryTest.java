package dev.annulus.spark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script by which Spark finds GPUs, with an nvidia-smi that says what it is told to. */
final class GpuDiscoveryTest {
  private static final Path SCRIPT =
      Path.of(System.getProperty("annulus.repository"), "cluster-config/spark/gpu-discovery.sh");
  private static final Path BASH = Path.of("/bin/bash");

  @TempDir Path folder;

  private record Found(int exitCode, String out, String err) {
    List<String> addresses() throws IOException {
      JsonNode json = new ObjectMapper().readTree(out);
      assertThat(json.get("name").asText()).isEqualTo("gpu");
      List<String> addresses = new ArrayList<>();
      json.get("addresses").forEach(address -> addresses.add(address.asText()));
      return addresses;
    }
  }

  @Test
  void allWholeGpusAreListed() throws Exception {
    assertThat(with("echo '0, Disabled'").addresses()).containsExactly("0");
    assertThat(with("for i in 0 1 2 3 4 5 6 7; do echo \"$i, Disabled\"; done").addresses())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
    assertThat(with("printf '0, [N/A]\\n1, [N/A]\\n'").addresses()).containsExactly("0", "1");
  }

  @Test
  void slicedGpusAreLeftOut() throws Exception {
    Found found = with("printf '0, Enabled\\n1, Disabled\\n2, Enabled\\n'");
    assertThat(found.addresses()).containsExactly("1");
    assertThat(found.err()).contains("left out, as MIG is enabled: 0 2");
    Found none = with("printf '0, Enabled\\n'");
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.out()).isEmpty();
    assertThat(none.err()).contains("lists no whole GPU on ");
  }

  @Test
  void withoutGpusItFailsAndSaysWhy() throws Exception {
    Found none = with("true");
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err()).contains("nvidia-smi lists no whole GPU on ");
    Found failing =
        with("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18");
    assertThat(failing.exitCode()).isEqualTo(1);
    assertThat(failing.out()).isEmpty();
    assertThat(failing.err()).contains("nvidia-smi failed: Failed to initialize NVML");
    Files.delete(folder.resolve("nvidia-smi"));
    Found missing = run();
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("nvidia-smi was not found");
  }

  private Found with(String fake) throws Exception {
    script(folder.resolve("nvidia-smi"), fake);
    return run();
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, "#!" + BASH + "\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Only the fake and what the script itself calls are to be found. */
  private Found run() throws Exception {
    assumeTrue(Files.isExecutable(BASH), "no bash on this machine");
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : List.of("uname", "tr")) {
      script(tools.resolve(tool), "exec /usr/bin/" + tool + " \"$@\"");
    }
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(BASH.toString(), SCRIPT.toString());
    builder.environment().put("PATH", folder + ":" + tools);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Found(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
