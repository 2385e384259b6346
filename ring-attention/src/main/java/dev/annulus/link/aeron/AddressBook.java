package dev.annulus.link.aeron;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.MessageTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The addresses of all ranks, checked before anybody is talked to. */
final class AddressBook {
  private AddressBook() {}

  /**
   * By rank.
   *
   * @param own what {@code rank} itself told
   * @throws LinkException if one is missing, of another version, there twice, or not what this rank
   *     told
   */
  static List<AeronAddress> check(int rank, AeronAddress own, List<String> texts) {
    if (rank < 0 || rank >= texts.size()) {
      throw new IllegalArgumentException("rank " + rank + " among " + texts.size() + " addresses");
    }
    List<AeronAddress> addresses = new ArrayList<>();
    for (int peer = 0; peer < texts.size(); peer++) {
      AeronAddress address = parse(rank, peer, texts.get(peer));
      int before = addresses.indexOf(address);
      if (before >= 0) {
        throw wrong(
            rank, peer, "its address is also that of rank " + before + ": " + address.text());
      }
      addresses.add(address);
    }
    if (!addresses.get(rank).equals(own)) {
      throw wrong(
          rank,
          rank,
          "its address is " + addresses.get(rank).text() + ", this worker's is " + own.text());
    }
    return addresses;
  }

  private static AeronAddress parse(int rank, int peer, String text) {
    if (text == null || text.isBlank()) {
      throw wrong(rank, peer, "no address was told, expected one a rank");
    }
    Optional<Integer> version = AeronAddress.versionOf(text);
    if (version.isPresent() && version.get() != Frame.VERSION) {
      throw wrong(
          rank,
          peer,
          "it speaks protocol version " + version.get() + ", expected " + Frame.VERSION);
    }
    return AeronAddress.parse(text)
        .orElseThrow(() -> wrong(rank, peer, "not an address: '" + text + "'"));
  }

  private static LinkException wrong(int rank, int peer, String detail) {
    MessageTag hello = new MessageTag(MessageTag.Kind.HELLO, 0, 0, peer);
    return new LinkException(Reason.PROTOCOL, rank, peer, hello, detail);
  }
}
