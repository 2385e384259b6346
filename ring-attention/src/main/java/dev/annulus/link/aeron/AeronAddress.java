package dev.annulus.link.aeron;

import dev.annulus.link.frame.AddressBook;
import dev.annulus.link.frame.BindAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an endpoint can be reached: what all ranks tell each other before they connect.
 *
 * @param version of the protocol
 * @param host address, as it was bound
 * @param places one a stream
 */
record AeronAddress(int version, String host, List<Place> places) implements AddressBook.Address {
  static final String TRANSPORT = "aeron";

  private static final Pattern TEXT =
      Pattern.compile("annulus-aeron/(\\d{1,9}) host=(\\S+)((?: stream=\\S+)+)");
  private static final Pattern PLACE =
      Pattern.compile(" stream=([0-9a-f-]{36}),(\\d{1,5}),(\\d{1,9}),(\\S+)");

  /**
   * Where one stream is received.
   *
   * @param driver the media driver behind it; endpoints of one driver talk through memory
   * @param port for UDP
   * @param stream on that port, and in the driver's shared memory
   * @param directory of the driver: who can open it talks through memory too
   */
  record Place(UUID driver, int port, int stream, Path directory) {
    private String text() {
      return " stream=%s,%d,%d,%s"
          .formatted(
              driver,
              port,
              stream,
              URLEncoder.encode(directory.toString(), StandardCharsets.UTF_8));
    }
  }

  AeronAddress {
    places = List.copyOf(places);
  }

  /** The address in a text of this version. */
  static Optional<AeronAddress> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    List<Place> places = new ArrayList<>();
    Matcher place = PLACE.matcher(matcher.group(3));
    int end = 0;
    for (; place.lookingAt(); place.region(end, matcher.group(3).length())) {
      end = place.end();
      places.add(
          new Place(
              UUID.fromString(place.group(1)),
              Integer.parseInt(place.group(2)),
              Integer.parseInt(place.group(3)),
              Path.of(URLDecoder.decode(place.group(4), StandardCharsets.UTF_8))));
    }
    return end == matcher.group(3).length()
        ? Optional.of(
            new AeronAddress(Integer.parseInt(matcher.group(1)), matcher.group(2), places))
        : Optional.empty();
  }

  @Override
  public String text() {
    StringBuilder text = new StringBuilder("annulus-aeron/%d host=%s".formatted(version, host));
    places.forEach(place -> text.append(place.text()));
    return text.toString();
  }

  @Override
  public int streams() {
    return places.size();
  }

  /** Host and port of one stream, as a channel names it. */
  String endpoint(int stream) {
    return BindAddress.endpoint(host, places.get(stream).port());
  }
}
