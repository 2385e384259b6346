package dev.annulus.config;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which of its addresses a host listens on for its peers: {@code transport.network}. */
public sealed interface BindNetwork {
  /** That which Spark knows the host by. */
  BindNetwork AUTO = new Auto();

  /** What may be written. */
  String EXPECTED = "auto, a network like 10.1.0.0/16, or the name of an interface like eth1";

  /** That which Spark knows the host by. */
  record Auto() implements BindNetwork {
    @Override
    public String toString() {
      return "auto";
    }
  }

  /**
   * The one that lies in a network.
   *
   * @param address of the network, a literal
   * @param prefix bits that are the same for all its addresses
   */
  record Block(String address, int prefix) implements BindNetwork {
    /** Whether an address, in its four or sixteen bytes, lies in it. */
    public boolean contains(byte[] candidate) {
      byte[] own = InetAddress.ofLiteral(address).getAddress();
      if (own.length != candidate.length) {
        return false;
      }
      for (int bit = 0; bit < prefix; bit++) {
        if (((own[bit / 8] ^ candidate[bit / 8]) & (0x80 >>> (bit % 8))) != 0) {
          return false;
        }
      }
      return true;
    }

    @Override
    public String toString() {
      return address + "/" + prefix;
    }
  }

  /**
   * That of an interface.
   *
   * @param name as the system has it
   */
  record Interface(String name) implements BindNetwork {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The choice in a text; empty if it is none. */
  static Optional<BindNetwork> parse(String text) {
    if (text.equals("auto")) {
      return Optional.of(AUTO);
    }
    Matcher block = Pattern.compile("([0-9a-fA-F.:]+)/(\\d{1,3})").matcher(text);
    if (block.matches()) {
      try {
        int bits = InetAddress.ofLiteral(block.group(1)).getAddress().length * 8;
        int prefix = Integer.parseInt(block.group(2));
        return prefix <= bits ? Optional.of(new Block(block.group(1), prefix)) : Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }
    // What Linux takes as a name; an address alone is a mistake for a network.
    boolean name = text.matches("[A-Za-z][A-Za-z0-9_.@-]{0,14}");
    return name ? Optional.of(new Interface(text)) : Optional.empty();
  }
}
