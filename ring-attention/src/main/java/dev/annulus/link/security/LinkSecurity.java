package dev.annulus.link.security;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.SecuritySettings;
import dev.annulus.config.SecuritySettings.Authentication;
import dev.annulus.config.SecuritySettings.Encryption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a worker protects its frames with.
 *
 * @param secret there unless the protection is a checksum
 */
public record LinkSecurity(Protection protection, Optional<PeerSecret> secret) {
  /** Everybody is believed. */
  public static final LinkSecurity NONE = new LinkSecurity(Protection.CHECKSUM, Optional.empty());

  public LinkSecurity {
    if (secret.isEmpty() != (protection == Protection.CHECKSUM)) {
      throw new IllegalArgumentException(protection + " with " + secret);
    }
  }

  /**
   * What settings mean on this host.
   *
   * @param ofCluster the secret that the cluster has given to its processes, if it has one
   * @throws InvalidInputException if they want a secret and there is none, or it cannot be read
   */
  public static LinkSecurity of(SecuritySettings settings, Optional<PeerSecret> ofCluster) {
    if (settings.authentication() == Authentication.OFF) {
      return NONE;
    }
    Optional<PeerSecret> secret =
        settings.secretFile().map(Path::of).map(PeerSecret::read).or(() -> ofCluster);
    boolean encrypts = settings.encryption() == Encryption.AES_GCM;
    if (secret.isEmpty() && (encrypts || settings.authentication() == Authentication.ON)) {
      throw new InvalidInputException(
          encrypts ? "transport.encryption" : "transport.authentication",
          (encrypts ? "aes_gcm" : "on") + " without a secret",
          "transport.secret_file, or spark.authenticate true (and spark.authenticate.secret on"
              + " a standalone cluster)");
    }
    if (secret.isEmpty()) {
      return NONE;
    }
    return new LinkSecurity(encrypts ? Protection.ENCRYPTED : Protection.AUTHENTICATED, secret);
  }
}
