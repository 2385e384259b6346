package dev.annulus.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A reader who enters a package finds what it is, its shapes, units and thread rules. */
final class PackageInfoTest {
  @Test
  void everyMainPackageIsDescribed() {
    List<Path> packages =
        Repository.javaSources().stream()
            .filter(source -> Repository.name(source).contains("src/main/java"))
            .map(Path::getParent)
            .distinct()
            .toList();
    assertThat(packages).hasSizeGreaterThan(5);
    assertThat(
            packages.stream()
                .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                .map(Repository::name))
        .as("packages without package-info.java")
        .isEmpty();
    assertThat(
            packages.stream()
                .map(folder -> folder.resolve("package-info.java"))
                .filter(Files::exists)
                .filter(info -> !Repository.text(info).startsWith("/**"))
                .map(Repository::name))
        .as("package-info.java that says nothing")
        .isEmpty();
  }
}
