package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The shipped kernels, their sources and their launchers belong together. Needs no GPU. */
class KernelCatalogTest {
  private static final Pattern KERNEL =
      Pattern.compile(
          "extern \"C\" __global__ void (?:__launch_bounds__\\([^)]*\\) )?(\\w+)\\(([^)]*)\\)");

  @Test
  void parametersAreThoseOfTheSources() throws IOException {
    Map<String, String> sources = new TreeMap<>();
    for (String file : files()) {
      Matcher kernels = KERNEL.matcher(Files.readString(sources().resolve(file + ".cu")));
      while (kernels.find()) {
        sources.put(file + "/" + kernels.group(1), letters(kernels.group(2)));
      }
    }
    Map<String, String> launchers = new TreeMap<>();
    for (Kernel kernel : KernelCatalog.all()) {
      launchers.put(kernel.file() + "/" + kernel.name(), kernel.parameters());
    }
    assertThat(launchers).isEqualTo(sources);
  }

  @Test
  void shippedKernelsAreCompiledFromTheseSources() throws IOException {
    Map<String, String> compiled = new TreeMap<>();
    for (String line : resource("sources.sha256").lines().toList()) {
      String[] fields = line.split(" +", 2);
      compiled.put(fields[1], fields[0]);
    }
    Map<String, String> present = new TreeMap<>();
    try (DirectoryStream<Path> folder = Files.newDirectoryStream(sources())) {
      for (Path file : folder) {
        present.put(file.getFileName().toString(), sha256(Files.readAllBytes(file)));
      }
    }
    assertThat(present).as("run ring-attention/src/main/cuda/build.sh").isEqualTo(compiled);
  }

  @Test
  void noKernelSpillsOrUsesLocalMemory() throws IOException {
    List<String[]> rows =
        resource("kernels.tsv").lines().skip(1).map(line -> line.split("\t", -1)).toList();
    Set<String> tabled = new TreeSet<>();
    for (String[] row : rows) {
      tabled.add(row[0] + "/" + row[1]);
      assertThat(List.of(row[5], row[6]))
          .as("spills of %s for %s", row[1], row[2])
          .containsOnly("0");
      assertThat(row[4]).as("local memory of %s for %s", row[1], row[2]).isEqualTo("0");
    }
    assertThat(tabled)
        .containsAll(
            KernelCatalog.all().stream()
                .map(kernel -> kernel.file() + "/" + kernel.name())
                .toList());
  }

  @Test
  void everyFileIsShipped() {
    for (String file : files()) {
      assertThat(Launcher.class.getResource(file + ".fatbin")).as(file).isNotNull();
    }
  }

  private static Set<String> files() {
    return KernelCatalog.all().stream()
        .map(Kernel::file)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Path sources() {
    return Path.of(System.getProperty("annulus.repository"))
        .resolve("ring-attention/src/main/cuda");
  }

  private static String letters(String parameters) {
    StringBuilder letters = new StringBuilder();
    for (String parameter : parameters.split(",", -1)) {
      String type = parameter.replace("const ", "").strip();
      letters.append(
          type.contains("*")
              ? "p"
              : type.startsWith("__grid_constant__ TensorMap ")
                  ? "m"
                  : type.startsWith("long long ")
                      ? "l"
                      : type.startsWith("int ")
                          ? "i"
                          : type.startsWith("float ") ? "f" : "?" + type);
    }
    return letters.toString();
  }

  private static String resource(String name) throws IOException {
    try (var in = Launcher.class.getResourceAsStream(name)) {
      assertThat(in).as(name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
