package dev.annulus.link.frame;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The addresses of all ranks, checked before anybody is talked to. */
public final class AddressBook {
  private static final Pattern VERSION = Pattern.compile("annulus-([a-z]+)/(\\d{1,9}) .*");

  private AddressBook() {}

  /** Where an endpoint can be reached, of one transport. */
  public interface Address {
    /** How it travels: {@code annulus-<transport>/<version> ...}, one line. */
    String text();

    /** How many streams a message to or from there is striped over. */
    int streams();
  }

  /**
   * By rank.
   *
   * @param transport as addresses begin with
   * @param own what {@code rank} itself told
   * @param parser reads an address of this version; empty if it is none
   * @throws LinkException if one is missing, of another transport, version or number of streams,
   *     there twice, or not what this rank told
   */
  public static <A extends Address> List<A> check(
      String transport, int rank, A own, List<String> texts, Function<String, Optional<A>> parser) {
    if (rank < 0 || rank >= texts.size()) {
      throw new IllegalArgumentException("rank " + rank + " among " + texts.size() + " addresses");
    }
    List<A> addresses = new ArrayList<>();
    for (int peer = 0; peer < texts.size(); peer++) {
      A address = parse(transport, rank, peer, texts.get(peer), parser);
      int before = addresses.indexOf(address);
      if (before >= 0) {
        throw wrong(
            rank, peer, "its address is also that of rank " + before + ": " + address.text());
      }
      if (address.streams() != own.streams()) {
        throw wrong(
            rank,
            peer,
            "it stripes messages over "
                + address.streams()
                + " streams, expected "
                + own.streams()
                + " as here (transport.streams)");
      }
      addresses.add(address);
    }
    if (!addresses.get(rank).equals(own)) {
      throw wrong(
          rank,
          rank,
          "its address is " + addresses.get(rank).text() + ", this worker's is " + own.text());
    }
    return List.copyOf(addresses);
  }

  private static <A extends Address> A parse(
      String transport, int rank, int peer, String text, Function<String, Optional<A>> parser) {
    if (text == null || text.isBlank()) {
      throw wrong(rank, peer, "no address was told, expected one a rank");
    }
    Matcher matcher = VERSION.matcher(text);
    if (matcher.matches() && !matcher.group(1).equals(transport)) {
      throw wrong(
          rank,
          peer,
          "it speaks over " + matcher.group(1) + ", expected " + transport + " as here");
    }
    if (matcher.matches() && Integer.parseInt(matcher.group(2)) != Frame.VERSION) {
      throw wrong(
          rank,
          peer,
          "it speaks protocol version " + matcher.group(2) + ", expected " + Frame.VERSION);
    }
    return parser
        .apply(text)
        .orElseThrow(() -> wrong(rank, peer, "not an address: '" + text + "'"));
  }

  private static LinkException wrong(int rank, int peer, String detail) {
    return new LinkException(Reason.PROTOCOL, rank, peer, Greeting.tag(peer), detail);
  }
}
