package dev.annulus.spark.gang;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Which build of this program a process runs: its version, and a hash over its classes. Two jars of
 * one version that were built from different sources are two builds.
 */
final class BuildStamp {
  private static final String OWN_ENTRIES = "dev/annulus/";
  private static final String OF_THIS_PROCESS = read();

  private BuildStamp() {}

  /**
   * For example {@code 0.1.0+3f9c01ab77d2}; of classes that lie in no jar {@code 0.1.0+classes}.
   */
  static String ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  private static String read() {
    String version =
        Optional.ofNullable(BuildStamp.class.getPackage().getImplementationVersion())
            .orElse("unpacked");
    try {
      Path source =
          Path.of(BuildStamp.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return version + "+" + (Files.isDirectory(source) ? "classes" : ofJar(source));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the jar that this program came from", e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the jar lies where no file can lie", e);
    }
  }

  /** Of the checksums that the jar's directory holds: nothing is unpacked. */
  static String ofJar(Path jar) throws IOException {
    StringBuilder entries = new StringBuilder();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      zip.stream()
          .filter(entry -> entry.getName().startsWith(OWN_ENTRIES) && !entry.isDirectory())
          .sorted(Comparator.comparing(ZipEntry::getName))
          .forEach(e -> entries.append(e.getName()).append(' ').append(e.getCrc()).append('\n'));
    }
    return Fingerprint.of(entries.toString().getBytes(StandardCharsets.UTF_8));
  }
}
