package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a process takes what strangers send: its TCP sockets that listen and its UDP sockets that
 * are not connected, as the kernel lists them.
 */
final class ListeningSockets {
  private static final String LISTENING_TCP = "0A";
  private static final String UNCONNECTED_UDP = "07";

  private ListeningSockets() {}

  /**
   * One of them.
   *
   * @param address that it is bound to
   */
  record Socket(String protocol, String address, int port) {}

  /** Those of a process that this one may look into, in its own network. */
  static List<Socket> of(long pid) {
    Set<String> inodes = inodes(pid);
    List<Socket> found = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      String protocol = table.substring(0, 3);
      String state = protocol.equals("tcp") ? LISTENING_TCP : UNCONNECTED_UDP;
      for (String line : lines(Path.of("/proc/" + pid + "/net/" + table))) {
        String[] fields = line.strip().split("\\s+", -1);
        if (fields[3].equals(state) && inodes.contains(fields[9])) {
          int colon = fields[1].indexOf(':');
          found.add(
              new Socket(
                  protocol,
                  address(fields[1].substring(0, colon)),
                  Integer.parseInt(fields[1].substring(colon + 1), 16)));
        }
      }
    }
    return found;
  }

  private static List<String> lines(Path table) {
    try {
      return Files.readString(table).lines().skip(1).toList();
    } catch (NoSuchFileException e) {
      return List.of(); // no IPv6 here, or the process is gone
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> inodes(long pid) {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
        String target = target(descriptor);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    } catch (NoSuchFileException e) {
      return Set.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return inodes;
  }

  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      return ""; // closed meanwhile
    }
  }

  /** The kernel prints addresses as words of 32 bits in its own order, which is little-endian. */
  private static String address(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int word = 0; word < bytes.length; word += 4) {
      int value = new BigInteger(hex.substring(word * 2, word * 2 + 8), 16).intValue();
      for (int b = 0; b < 4; b++) {
        bytes[word + b] = (byte) (value >>> (8 * b));
      }
    }
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError(hex, e);
    }
  }
}
