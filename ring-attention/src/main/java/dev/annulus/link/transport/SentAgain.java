package dev.annulus.link.transport;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.aeron.AeronTraffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * How much of what was sent had to be sent again: with Aeron bytes of this process, with TCP
 * segments of this host (or its network namespace), as the kernel counts no less. In memory nothing
 * is lost.
 *
 * @param sent in all, since the beginning
 * @param again of it
 */
public record SentAgain(long sent, long again) {
  private static final Path SNMP = Path.of("/proc/net/snmp");
  private static final SentAgain NOTHING = new SentAgain(0, 0);

  /** Looks. */
  public static SentAgain now(TransportSettings.Kind kind) {
    return switch (kind) {
      case AUTO, AERON -> {
        AeronTraffic traffic = AeronTraffic.ofThisProcess();
        yield new SentAgain(traffic.bytesSent(), traffic.bytesRepeated());
      }
      case TCP -> {
        try {
          yield Files.isReadable(SNMP) ? ofTcp(Files.readAllLines(SNMP)) : NOTHING;
        } catch (IOException e) {
          // A kernel that does not tell is no reason not to measure the rest.
          yield NOTHING;
        }
      }
      case IN_PROCESS -> NOTHING;
    };
  }

  /**
   * Reads the two lines of TCP, names and values.
   *
   * @param lines of {@code /proc/net/snmp}
   */
  static SentAgain ofTcp(List<String> lines) {
    List<String[]> tcp =
        lines.stream()
            .filter(line -> line.startsWith("Tcp:"))
            .map(line -> line.split(" ", -1))
            .toList();
    if (tcp.size() < 2) {
      return NOTHING;
    }
    int sent = Arrays.asList(tcp.get(0)).indexOf("OutSegs");
    int again = Arrays.asList(tcp.get(0)).indexOf("RetransSegs");
    return sent < 0 || again < 0
        ? NOTHING
        // The kernel's OutSegs leaves out those sent again.
        : new SentAgain(
            Long.parseLong(tcp.get(1)[sent]) + Long.parseLong(tcp.get(1)[again]),
            Long.parseLong(tcp.get(1)[again]));
  }

  /** Share of what was sent since {@code before} that was a repetition; 0 if nothing was. */
  public double shareSince(SentAgain before) {
    long more = sent - before.sent;
    return more <= 0 ? 0 : Math.max(0, again - before.again) / (double) more;
  }
}
