package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FingerprintTest {
  @TempDir Path folder;

  private RunConfig config() {
    String yaml =
        """
        run: {name: tiny, output_dir: out}
        model: {path: %1$s}
        data: {sources: [{path: docs.jsonl, format: jsonl, field: input_ids}], packed_dir: %1$s/packed}
        stages: [{name: short, sequence_length: 32, steps: 2, sequences_per_step: 2, learning_rate: 1.0e-3}]
        """
            .formatted(folder);
    return RunConfigReader.read("test", yaml, List.of());
  }

  private void weights(String header, int bytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + text.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    Files.write(folder.resolve("model.safetensors"), file.array());
  }

  @Test
  void aModelIsItsConfigurationAndWhatItsWeightsAreCalled() throws IOException {
    assertThat(Fingerprint.ofModel(config())).isEqualTo(Fingerprint.NOT_HERE);
    Files.writeString(folder.resolve("config.json"), "{}");
    weights("{\"a\": 1}", 16);
    String first = Fingerprint.ofModel(config());
    assertThat(first).hasSize(12).isEqualTo(Fingerprint.ofModel(config()));
    weights("{\"b\": 1}", 16);
    String renamed = Fingerprint.ofModel(config());
    weights("{\"b\": 1}", 20);
    String longer = Fingerprint.ofModel(config());
    Files.writeString(folder.resolve("config.json"), "{ }");
    assertThat(List.of(first, renamed, longer, Fingerprint.ofModel(config())))
        .doesNotHaveDuplicates();
  }

  @Test
  void damagedWeightsAreLeftToWhoeverReadsThem() throws IOException {
    for (byte[] damaged :
        List.of(new byte[0], new byte[5], new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, 3})) {
      Files.write(folder.resolve("model.safetensors"), damaged);
      assertThat(Fingerprint.ofModel(config())).hasSize(12);
    }
  }

  @Test
  void twoJarsOfOneVersionAreTwoBuilds() throws IOException {
    String one = BuildStamp.ofJar(jar("one.jar", "dev/annulus/A.class", "x"));
    assertThat(BuildStamp.ofJar(jar("again.jar", "dev/annulus/A.class", "x"))).isEqualTo(one);
    assertThat(BuildStamp.ofJar(jar("other.jar", "dev/annulus/A.class", "y"))).isNotEqualTo(one);
    assertThat(BuildStamp.ofJar(jar("named.jar", "dev/annulus/B.class", "x"))).isNotEqualTo(one);
  }

  private Path jar(String name, String entry, String content) throws IOException {
    Path jar = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(content.getBytes(StandardCharsets.UTF_8));
      zip.closeEntry();
    }
    return jar;
  }
}
