package dev.annulus.link.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.SecuritySettings;
import dev.annulus.config.SecuritySettings.Authentication;
import dev.annulus.config.SecuritySettings.Encryption;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LinkSecurityTest {
  private static final Optional<PeerSecret> SPARKS = Optional.of(Secrets.SHARED);
  private static final Optional<PeerSecret> NONE = Optional.empty();

  @TempDir Path folder;

  @BeforeEach
  void needsPermissions() {
    assumeThat(FileSystems.getDefault().supportedFileAttributeViews())
        .as("files have permissions here")
        .contains("posix");
  }

  private Path file(String text, String permissions) throws IOException {
    Path file = folder.resolve("secret");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  private static SecuritySettings settings(
      Authentication authentication, Encryption encryption, Path file) {
    return new SecuritySettings(
        authentication, encryption, Optional.ofNullable(file).map(Path::toString));
  }

  @Test
  void framesAreProtectedWhereThereIsASecret() throws IOException {
    Path file = file("0123456789abcdef\n", "rw-------");
    SecuritySettings auto = SecuritySettings.DEFAULT;
    assertThat(LinkSecurity.of(auto, NONE)).isEqualTo(LinkSecurity.NONE);
    assertThat(LinkSecurity.of(auto, SPARKS).protection()).isEqualTo(Protection.AUTHENTICATED);
    assertThat(
            LinkSecurity.of(settings(Authentication.AUTO, Encryption.NONE, file), NONE)
                .protection())
        .isEqualTo(Protection.AUTHENTICATED);
    assertThat(
            LinkSecurity.of(settings(Authentication.AUTO, Encryption.AES_GCM, file), NONE)
                .protection())
        .isEqualTo(Protection.ENCRYPTED);
    assertThat(LinkSecurity.of(settings(Authentication.OFF, Encryption.NONE, null), SPARKS))
        .isEqualTo(LinkSecurity.NONE);
  }

  @Test
  void blanksAroundASecretDoNotCount() throws IOException {
    Path file = file("  0123456789abcdef \n", "r--------");
    assertThat(PeerSecret.read(file).bytes()).hasSize(16);
  }

  @Test
  void whatNeedsASecretSaysWhereItMayComeFrom() {
    refused(settings(Authentication.ON, Encryption.NONE, null))
        .hasMessageContaining("transport.authentication")
        .hasMessageContaining("spark.authenticate");
    refused(settings(Authentication.AUTO, Encryption.AES_GCM, null))
        .hasMessageContaining("transport.encryption")
        .hasMessageContaining("transport.secret_file");
  }

  @Test
  void aSecretThatOthersMayReadIsNone() throws IOException {
    refused(settings(Authentication.AUTO, Encryption.NONE, file("0123456789abcdef", "rw-r-----")))
        .hasMessageContaining("which others than its owner may read")
        .hasMessageNotContaining("0123456789abcdef");
  }

  @Test
  void aShortSecretAndAMissingOneAreNamed() throws IOException {
    refused(settings(Authentication.AUTO, Encryption.NONE, file("short", "rw-------")))
        .hasMessageContaining("with 5 bytes")
        .hasMessageNotContaining("short");
    refused(settings(Authentication.AUTO, Encryption.NONE, folder.resolve("nowhere")))
        .hasMessageContaining("nowhere, which cannot be read: NoSuchFileException");
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
      SecuritySettings settings) {
    return assertThatThrownBy(() -> LinkSecurity.of(settings, NONE))
        .isInstanceOf(InvalidInputException.class);
  }
}
