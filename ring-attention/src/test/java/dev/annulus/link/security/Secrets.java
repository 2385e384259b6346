package dev.annulus.link.security;

import dev.annulus.link.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What tests protect frames with. */
public final class Secrets {
  /** Known to the peers of a test. */
  public static final PeerSecret SHARED = secret("the peers of this test know it");

  /** Known to somebody else. */
  public static final PeerSecret OTHER = secret("somebody else knows this one");

  public static final LinkSecurity AUTHENTICATED =
      new LinkSecurity(Protection.AUTHENTICATED, Optional.of(SHARED));
  public static final LinkSecurity ENCRYPTED =
      new LinkSecurity(Protection.ENCRYPTED, Optional.of(SHARED));

  private Secrets() {}

  static PeerSecret secret(String text) {
    return PeerSecret.of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The part of what an endpoint tells that says where it is. */
  public static String address(Endpoint endpoint) {
    return endpoint.address().replaceFirst(" seal=.*", "");
  }
}
