package dev.annulus.link.security;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameSeal;
import dev.annulus.link.frame.Greeting;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Seals;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;

/**
 * One worker's part of a mutual challenge. Each rank tells a fresh random number with its address;
 * the keys of a session depend on the secret, on all that was told, on run, attempt, both ranks and
 * stream. A frame that is sealed with such a key is therefore the answer to the challenges of both
 * ends, and of this session alone.
 */
public final class LinkSession {
  private static final int NONCE_BYTES = 32;
  private static final String LABEL = "annulus/3 ";
  private static final Pattern TOLD =
      Pattern.compile("(.*) seal=([a-z0-9-]+)(?:,([0-9a-f]{64}),([0-9a-f]{32}))?");

  private final LinkSecurity security;
  private final String nonce;

  private LinkSession(LinkSecurity security, String nonce) {
    this.security = security;
    this.nonce = nonce;
  }

  /** With a number that nobody can foresee. */
  public static LinkSession begin(LinkSecurity security) {
    byte[] nonce = new byte[NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    return new LinkSession(security, HexFormat.of().formatHex(nonce));
  }

  /** What this rank tells to all: its address, how it seals, its challenge. */
  public String announce(String address) {
    String text = address + " seal=" + security.protection().text();
    return security.secret().isEmpty() ? text : text + "," + nonce + "," + proof(address, nonce);
  }

  /**
   * The addresses in what was told, once all ranks have shown that they know the secret. What is no
   * address of this version is left as it is.
   *
   * @throws LinkException if a rank seals otherwise, or does not know the secret
   */
  public List<String> addresses(int rank, List<String> told) {
    List<String> addresses = new ArrayList<>();
    for (int peer = 0; peer < told.size(); peer++) {
      Matcher matcher = TOLD.matcher(told.get(peer) == null ? "" : told.get(peer));
      if (matcher.matches()) {
        check(rank, peer, matcher);
        addresses.add(matcher.group(1));
      } else {
        addresses.add(told.get(peer));
      }
    }
    return addresses;
  }

  /**
   * What frames are sealed with.
   *
   * @param told by all ranks, as {@link #announce} gave it
   */
  public Seals seals(List<String> told, long runId, int epoch) {
    if (security.secret().isEmpty()) {
      return Seals.CHECKSUM;
    }
    byte[] transcript = sha256(String.join("\n", told));
    return route -> {
      if (route.runId() != runId || route.epoch() != epoch) {
        throw new IllegalArgumentException(route + " in a session of another run or attempt");
      }
      return seal(route, transcript);
    };
  }

  private FrameSeal seal(Route route, byte[] transcript) {
    String info =
        LABEL
            + "frames "
            + security.protection().text()
            + " run %016x epoch %d from %d to %d stream %d"
                .formatted(route.runId(), route.epoch(), route.from(), route.to(), route.stream());
    return security.protection() == Protection.ENCRYPTED
        ? new CipherSeal(key(CipherSeal.KEY_ALGORITHM, transcript, info))
        : new MacSeal(key(MacSeal.ALGORITHM, transcript, info));
  }

  private void check(int rank, int peer, Matcher told) {
    if (!told.group(1).matches("annulus-[a-z]+/" + Frame.VERSION + " .*")) {
      return; // what it is instead will be said by whoever reads addresses
    }
    String expected = security.protection().text();
    if (!told.group(2).equals(expected)) {
      throw wrong(
          rank,
          peer,
          "it seals frames with "
              + told.group(2)
              + ", expected "
              + expected
              + " as here (transport.authentication, transport.encryption)");
    }
    if (security.secret().isPresent()
        && (told.group(3) == null
            || !isEqual(proof(told.group(1), told.group(3)), told.group(4)))) {
      throw wrong(
          rank,
          peer,
          "it does not know the secret of this worker (transport.secret_file or"
              + " spark.authenticate.secret, the same on all hosts)");
    }
  }

  /** Shows who knows the secret before anybody is talked to: a wrong one has a clear error. */
  private String proof(String address, String ofNonce) {
    byte[] salt = ofNonce.getBytes(StandardCharsets.US_ASCII);
    SecretKey key = key(MacSeal.ALGORITHM, salt, LABEL + "address " + address);
    return HexFormat.of().formatHex(Arrays.copyOf(key.getEncoded(), MacSeal.TAG_BYTES));
  }

  private SecretKey key(String algorithm, byte[] salt, String info) {
    return KeySchedule.key(security.secret().orElseThrow(), algorithm, salt, info);
  }

  private static boolean isEqual(String left, String right) {
    return MessageDigest.isEqual(
        left.getBytes(StandardCharsets.US_ASCII), right.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static LinkException wrong(int rank, int peer, String detail) {
    return new LinkException(Reason.PROTOCOL, rank, peer, Greeting.tag(peer), detail);
  }
}
