package dev.annulus.data.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.source.SourceFingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedManifestTest {
  @TempDir Path parent;

  private PackedManifest read() {
    return PackedManifest.read(parent.resolve("16").toString(), PackedSamples.CONF);
  }

  @Test
  void readsWhatWasWritten() {
    int rows = PackedSamples.write(parent.resolve("16"), 16, 20, 1).size();
    PackedManifest manifest = read();
    assertThat(manifest.identity()).isEqualTo(PackedSamples.identity(16));
    assertThat(manifest.report().rows()).isEqualTo(rows);
    assertThat(manifest.parts()).hasSize(1);
    assertThat(manifest.parts().getFirst().sha256()).hasSize(64);
    assertThat(manifest.staleness(PackedSamples.identity(16))).isEmpty();
  }

  @Test
  void theChecksumIsOfTheFile() throws Exception {
    PackedSamples.write(parent.resolve("16"), 16, 20, 1);
    PartFile part = read().parts().getFirst();
    byte[] bytes = Files.readAllBytes(parent.resolve("16").resolve(part.name()));
    assertThat(part.bytes()).isEqualTo(bytes.length);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
    assertThat(part.sha256()).isEqualTo(HexFormat.of().formatHex(digest));
  }

  @Test
  void saysWhatIsNotAsWanted() {
    PackedIdentity was = PackedSamples.identity(16);
    assertThat(was.difference(PackedSamples.identity(32)))
        .hasValue("sequenceLength was 16 and is 32");
    SourceFingerprint source = was.sources().getFirst();
    SourceFingerprint grown =
        new SourceFingerprint(source.path(), source.format(), source.content(), 4, 2000, "ef");
    assertThat(was.difference(withSources(was, List.of(grown))).orElseThrow())
        .startsWith("source 0 was corpus/*.txt (TEXT text, 3 files, 1,234 bytes, abababab)")
        .contains("is corpus/*.txt (TEXT text, 4 files, 2,000 bytes, ef)");
    assertThat(was.difference(withSources(was, List.of(source, source))))
        .hasValue("there were 1 sources and are 2");
    PackedIdentity other = with(was, was.sources(), LongDocuments.DROP);
    assertThat(was.difference(other)).hasValue("longDocuments was SPLIT and is DROP");
  }

  private static PackedIdentity withSources(PackedIdentity it, List<SourceFingerprint> sources) {
    return with(it, sources, it.longDocuments());
  }

  private static PackedIdentity with(
      PackedIdentity it, List<SourceFingerprint> sources, LongDocuments longDocuments) {
    return new PackedIdentity(
        sources,
        it.tokenizer(),
        it.chatTemplate(),
        it.vocabularySize(),
        it.addBos(),
        it.addEos(),
        it.sequenceLength(),
        longDocuments,
        it.splitPositions(),
        it.lossNormalization(),
        it.windowTokens(),
        it.shuffle(),
        it.seed(),
        it.sourceWeights(),
        it.maxRepeats(),
        it.heldOutShare(),
        it.modalityLoss(),
        it.modalities());
  }

  @Test
  void namesAManifestThatIsMissingOrCannotBeTrusted() throws IOException {
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("16/manifest.json: no such file");
    PackedSamples.write(parent.resolve("16"), 16, 20, 1);
    Path file = parent.resolve("16/manifest.json");
    String good = Files.readString(file);
    for (String bad :
        List.of(
            "",
            "{",
            "[]",
            "{}",
            good.substring(0, good.length() / 2),
            good.replace("\"version\" : 2", "\"version\" : 1"),
            good.replace("\"vocabulary_size\" : 300,", ""),
            good.replaceFirst("\"rows\" : ", "\"rows\" : 1"),
            good.replace("\"loss_normalization\" : \"EXAMPLE\"", "\"loss_normalization\" : \"X\""),
            good.replace("\"part-00000.parquet\"", "null"))) {
      assertThat(bad).isNotEqualTo(good);
      Files.writeString(file, bad);
      assertThatThrownBy(this::read)
          .as(bad)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("manifest.json");
    }
  }
}
