package dev.annulus.link.benchmark;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Idle;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.config.TransportSettings.Threading;
import dev.annulus.link.aeron.AeronNetworks;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.PeerSecret;
import dev.annulus.link.security.Protection;
import dev.annulus.link.tcp.TcpEndpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Throughput of each link between two processes of this machine, and of a plain TCP socket in the
 * same run: blocks go one way, each is answered with 8 bytes. The paths take turns, round by round;
 * medians. Not a test: run it by hand.
 *
 * <pre>
 * LinkBenchmark [links | streams] [key=value ...]   keys: rounds, warmup, mib
 * </pre>
 */
final class LinkBenchmark {
  private static final String ADDRESS = "address ";
  private static final String SOCKET = "socket";

  private LinkBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    List<String> paths = new ArrayList<>();
    Map<String, Integer> options = new TreeMap<>(Map.of("rounds", 60, "warmup", 60, "mib", 16));
    boolean child = false;
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      switch (argument) {
        case "links" -> paths.addAll(links());
        case "streams" -> paths.addAll(streams());
        case "child" -> child = true;
        default -> {
          if (equals > 0) {
            options.put(
                argument.substring(0, equals), Integer.valueOf(argument.substring(equals + 1)));
          } else {
            paths.add(argument);
          }
        }
      }
    }
    if (paths.isEmpty()) {
      paths.addAll(links());
    }
    int rounds = options.get("rounds");
    int warmup = options.get("warmup"); // until C2 has compiled the paths
    long bytes = (long) options.get("mib") << 20;
    if (child) {
      answer(paths, warmup + rounds, bytes);
    } else {
      measure(paths, warmup, rounds, bytes);
    }
  }

  private static List<String> links() {
    return List.of(
        SOCKET,
        "ipc:8192:1:auto",
        "tcp:8192:1:auto",
        "udp:1408:1:auto",
        "udp:8192:1:auto",
        "udp:65504:1:auto");
  }

  private static List<String> streams() {
    List<String> paths = new ArrayList<>(List.of(SOCKET));
    for (int mtu : new int[] {8192, 1408}) {
      for (int streams : new int[] {1, 2, 4, 8}) {
        paths.add("udp:" + mtu + ":" + streams + ":auto");
      }
    }
    return paths;
  }

  private static BlockPath open(String spec) throws IOException {
    if (spec.equals(SOCKET)) {
      return new BlockPath.OverSocket();
    }
    String[] parts = spec.split(":", -1);
    TransportSettings settings =
        new TransportSettings(
            parts[0].equals("tcp") ? Kind.TCP : Kind.AERON,
            30,
            Integer.parseInt(parts[1]),
            parts.length > 4 ? Integer.parseInt(parts[4]) << 20 : 4 << 20,
            parts.length > 5 ? Integer.parseInt(parts[5]) << 20 : 4 << 20,
            Integer.parseInt(parts[2]),
            Threading.valueOf(parts[3].toUpperCase(Locale.ROOT)),
            parts.length > 6 ? Idle.valueOf(parts[6].toUpperCase(Locale.ROOT)) : Idle.BACKOFF);
    LinkSecurity security = security(parts.length > 7 ? parts[7] : "none");
    return new BlockPath.OverLink(
        parts[0].equals("tcp")
            ? TcpEndpoint.open(settings, "127.0.0.1", security)
            : AeronNetworks.endpoint(settings, security, parts[0].equals("udp")));
  }

  private static LinkSecurity security(String name) {
    PeerSecret secret = PeerSecret.of("benchmark benchmark".getBytes(StandardCharsets.UTF_8));
    return switch (name) {
      case "none" -> LinkSecurity.NONE;
      case "mac" -> new LinkSecurity(Protection.AUTHENTICATED, Optional.of(secret));
      case "aes" -> new LinkSecurity(Protection.ENCRYPTED, Optional.of(secret));
      default -> throw new IllegalArgumentException(name + ", expected none, mac or aes");
    };
  }

  private static void measure(List<String> specs, int warmup, int rounds, long bytes)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                LinkBenchmark.class.getName(),
                "child",
                "rounds=" + rounds,
                "warmup=" + warmup,
                "mib=" + (bytes >> 20)));
    command.addAll(specs);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader input =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    PrintStream output = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    List<BlockPath> paths = connect(0, specs, input, output);
    double[][] ms = new double[paths.size()][rounds];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment block = arena.allocate(bytes, 64);
      MemorySegment answer = arena.allocate(8);
      block.fill((byte) 5);
      for (int round = -warmup; round < rounds; round++) {
        for (int path = 0; path < paths.size(); path++) {
          // The first of a turn is not measured: threads of the path may have gone to sleep.
          paths.get(path).send(block, answer);
          long start = System.nanoTime();
          paths.get(path).send(block, answer);
          ms[path][Math.max(round, 0)] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
    print(specs, ms, bytes);
    paths.forEach(BlockPath::close);
  }

  private static void answer(List<String> specs, int rounds, long bytes) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<BlockPath> paths = connect(1, specs, input, System.out);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment block = arena.allocate(bytes, 64);
      MemorySegment answer = arena.allocate(8);
      for (int round = 0; round < rounds; round++) {
        for (BlockPath path : paths) {
          path.answer(block, answer);
          path.answer(block, answer);
        }
      }
    }
    paths.forEach(BlockPath::close);
  }

  private static List<BlockPath> connect(
      int rank, List<String> specs, BufferedReader input, PrintStream output) throws IOException {
    List<BlockPath> paths = new ArrayList<>();
    for (String spec : specs) {
      BlockPath path = open(spec);
      output.println(ADDRESS + path.address());
      String other = readAddress(input);
      path.connect(
          rank, rank == 0 ? List.of(path.address(), other) : List.of(other, path.address()));
      paths.add(path);
    }
    return paths;
  }

  /** Java itself may print lines before. */
  private static String readAddress(BufferedReader input) throws IOException {
    String line = input.readLine();
    while (line != null && !line.startsWith(ADDRESS)) {
      line = input.readLine();
    }
    if (line == null) {
      throw new IOException("the other process has ended");
    }
    return line.substring(ADDRESS.length());
  }

  private static void print(List<String> specs, double[][] ms, long bytes) {
    System.out.printf(
        "%d cores, %d MiB one way and an answer of 8 bytes, %d rounds, medians%n",
        Runtime.getRuntime().availableProcessors(), bytes >> 20, ms[0].length);
    double denominator = 0;
    for (int path = 0; path < ms.length; path++) {
      double[] sorted = ms[path].clone();
      Arrays.sort(sorted);
      double rate = bytes / sorted[sorted.length / 2] / 1e6;
      denominator = specs.get(path).equals(SOCKET) ? rate : denominator;
      System.out.printf(
          "%-24s %8.3f ms  %6.2f GB/s  %5.2f of the socket  (quartiles %.2f, %.2f GB/s)%n",
          specs.get(path),
          sorted[sorted.length / 2],
          rate,
          rate / denominator,
          bytes / sorted[sorted.length * 3 / 4] / 1e6,
          bytes / sorted[sorted.length / 4] / 1e6);
    }
  }
}
