package dev.annulus.link.aeron;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an endpoint can be reached: what all ranks tell each other before they connect.
 *
 * @param version of the protocol
 * @param driver the media driver behind it; endpoints of one driver talk through memory
 * @param host name or address, as it was bound
 * @param udpStream on that host and port
 * @param ipcStream of the driver
 */
record AeronAddress(int version, UUID driver, String host, int port, int udpStream, int ipcStream) {
  private static final Pattern VERSION = Pattern.compile("annulus-aeron/(\\d{1,9}) .*");
  private static final Pattern TEXT =
      Pattern.compile(
          "annulus-aeron/(\\d{1,9}) driver=([0-9a-f-]{36}) host=(\\S+) port=(\\d{1,5})"
              + " udp=(\\d{1,9}) ipc=(\\d{1,9})");

  /** The version a text names, if it is an address of any version. */
  static Optional<Integer> versionOf(String text) {
    Matcher matcher = VERSION.matcher(text);
    return matcher.matches() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
  }

  /** The address in a text of this version. */
  static Optional<AeronAddress> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new AeronAddress(
                Integer.parseInt(matcher.group(1)),
                UUID.fromString(matcher.group(2)),
                matcher.group(3),
                Integer.parseInt(matcher.group(4)),
                Integer.parseInt(matcher.group(5)),
                Integer.parseInt(matcher.group(6))))
        : Optional.empty();
  }

  /** How it travels. */
  String text() {
    return "annulus-aeron/%d driver=%s host=%s port=%d udp=%d ipc=%d"
        .formatted(version, driver, host, port, udpStream, ipcStream);
  }

  /** For people. */
  String endpoint() {
    return AeronAddress.endpoint(host, port);
  }

  /** As a channel names it; IPv6 addresses stand in brackets. */
  static String endpoint(String host, int port) {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
