package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import dev.annulus.ring.RingProblem.Solution;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Rank 1 of a ring of two, in a process of its own, on the GPU of rank 0: solves the problem over
 * each route by copies from its peer and says what bits came out; then, if told to, waits for its
 * end.
 */
final class GpuRingProcess implements AutoCloseable {
  static final AttentionShape SHAPE = new AttentionShape(4, 2, 32);
  private static final Documents DOCUMENTS = RowPatterns.logNormal(3001, 400, 1.2, 6);

  private final Process process;
  private final BufferedReader output;

  private GpuRingProcess(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static RingProblem problem() {
    return RingProblem.of(SHAPE, DOCUMENTS, 6);
  }

  static RingSchedule schedule(Route route) {
    return RingSchedule.of(Layouts.of(Layout.ZIGZAG, DOCUMENTS, 2), DOCUMENTS, route);
  }

  static Endpoint open() {
    return Transports.open(
        new TransportSettings(Kind.AERON, 20, 8192, 1 << 20, 256 << 10),
        "127.0.0.1",
        LinkSecurity.NONE);
  }

  /** In the other process. */
  public static void main(String[] arguments) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Endpoint endpoint = open()) {
      System.out.println("address " + endpoint.address());
      Link link = endpoint.connect(1, List.of(input.readLine().split("\t", -1)), 7, 0, () -> false);
      for (Route route : Route.values()) {
        try (RingRank own =
            new RingRank(problem(), schedule(route), link, new CudaDevice(0), true)) {
          own.solve(0);
          System.out.println("bits " + digest(own.solve(1)));
          System.out.println("peers " + own.ring().describePeers());
          if (route.name().equals(arguments[0])) {
            input.readLine();
          }
        }
      }
    }
  }

  /** In this process: starts the other one, which stays in the ring of a route, if any. */
  static GpuRingProcess start(String staysIn) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Xmx1g",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            GpuRingProcess.class.getName(),
            staysIn));
    return new GpuRingProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Connects this process as rank 0. */
  Link connect(Endpoint endpoint) throws IOException {
    List<String> addresses = List.of(endpoint.address(), read("address"));
    process
        .getOutputStream()
        .write((String.join("\t", addresses) + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    return endpoint.connect(0, addresses, 7, 0, () -> false);
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

  /** As kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
  }

  boolean ended() throws InterruptedException {
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  /** Of all bits of a rank's solution. */
  static String digest(Solution solution) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (double[] values :
          List.of(solution.out(), solution.lse(), solution.dq(), solution.dk(), solution.dv())) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
        bytes.asDoubleBuffer().put(values);
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
