package dev.annulus.link.tcp;

import dev.annulus.link.frame.AddressBook;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where an endpoint can be reached: what all ranks tell each other before they connect.
 *
 * @param version of the protocol
 * @param host address, as it was bound
 * @param ports one a stream
 */
record TcpAddress(int version, String host, List<Integer> ports) implements AddressBook.Address {
  static final String TRANSPORT = "tcp";

  private static final Pattern TEXT =
      Pattern.compile("annulus-tcp/(\\d{1,9}) host=(\\S+) ports=(\\d{1,5}(?:,\\d{1,5})*)");

  TcpAddress {
    ports = List.copyOf(ports);
  }

  /** The address in a text of this version. */
  static Optional<TcpAddress> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new TcpAddress(
                Integer.parseInt(matcher.group(1)),
                matcher.group(2),
                Arrays.stream(matcher.group(3).split(",", -1)).map(Integer::valueOf).toList()))
        : Optional.empty();
  }

  @Override
  public String text() {
    return "annulus-tcp/%d host=%s ports=%s"
        .formatted(
            version, host, ports.stream().map(String::valueOf).collect(Collectors.joining(",")));
  }

  @Override
  public int streams() {
    return ports.size();
  }
}
