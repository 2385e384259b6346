package dev.annulus.link;

import dev.annulus.collective.Collectives;
import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.aeron.AeronNetworks;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A worker in a process of its own: says its address, is told all, does its part as rank 1 of 2,
 * and then ends or, if told to, sits and waits for its end.
 */
final class RemotePeer implements AutoCloseable {
  static final MessageTag LAST = new MessageTag(MessageTag.Kind.VALUES, 1, 1, 1);

  private final Process process;
  private final BufferedReader output;

  private RemotePeer(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** In the other process. */
  public static void main(String[] arguments) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Endpoint endpoint = open(arguments[0])) {
      System.out.println("address " + endpoint.address());
      List<String> addresses = List.of(input.readLine().split("\t", -1));
      Link link = endpoint.connect(1, addresses, 7, 0, () -> false);
      System.out.println("sum " + work(link));
      if (arguments[1].equals("stay")) {
        input.readLine();
      }
    }
  }

  /** In this process: starts the other one. */
  static RemotePeer start(String path, String mode) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            RemotePeer.class.getName(),
            path,
            mode));
    return new RemotePeer(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** An end of one of the ways between two processes of a machine. */
  static Endpoint open(String path) {
    Kind kind = path.equals("tcp") ? Kind.TCP : Kind.AERON;
    TransportSettings settings = new TransportSettings(kind, 20, 8192, 1 << 20, 256 << 10);
    return switch (path) {
      case "tcp", "shared memory" -> Transports.open(settings, "127.0.0.1", LinkSecurity.NONE);
      case "udp" -> AeronNetworks.endpoint(settings, true);
      default -> throw new IllegalArgumentException(path);
    };
  }

  /** What both do once they are linked: a sum over both, and a message of 3 MB each way. */
  static double work(Link link) {
    int peer = 1 - link.rank();
    try (Arena arena = Arena.ofShared();
        Collectives collectives = new Collectives(link)) {
      double[] sums = collectives.allReduceSum(new double[] {link.rank() + 1, 0.5}, 0);
      MemorySegment out = arena.allocate(3_000_000);
      MemorySegment in = arena.allocate(3_000_000);
      out.fill((byte) (link.rank() + 1));
      MessageTag tag = new MessageTag(MessageTag.Kind.KEYS, 0, 0, 0);
      var sending = link.send(peer, tag, out);
      link.receive(peer, tag, in).await();
      sending.await();
      long total = 0;
      for (byte value : in.toArray(ValueLayout.JAVA_BYTE)) {
        total += value;
      }
      return sums[0] + sums[1] + total;
    }
  }

  /** The rest of the next line that begins with a word. */
  String read(String word) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(word + " ")) {
        return line.substring(word.length() + 1);
      }
    }
    throw new IOException("the other process ended before it said its " + word);
  }

  void write(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** As kill -9. */
  void kill() {
    process.destroyForcibly();
  }

  boolean ended() throws InterruptedException {
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
