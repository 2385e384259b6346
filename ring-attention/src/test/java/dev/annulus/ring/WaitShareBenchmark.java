package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.collective.Collectives;
import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.TransportSettings;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import dev.annulus.ring.cost.AssumedRates;
import dev.annulus.ring.cost.RouteChoice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How much of a step a ring of two waits: two processes of one thread each, over the transport that
 * a run takes where nothing is said; one causal document; forward and backward of attention alone,
 * so that nothing else of a model hides a wait. A step begins for both at once. By layout: the
 * median step, of the worse process, and its wait as a share of it, over all steps. Not a test: run
 * it by hand.
 *
 * <pre>
 * WaitShareBenchmark [TOKENS [STEPS [LAYOUT ...]]]
 * </pre>
 */
final class WaitShareBenchmark {
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 128);
  private static final String ADDRESS = "address ";
  private static final String RESULT = "result ";

  private WaitShareBenchmark() {}

  /** One process: nanoseconds of each step, and of those waited and computed. */
  private record Times(long[] stepNs, long[] waitNs, long[] computeNs) {
    double medianMs() {
      long[] sorted = stepNs.clone();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2] / 1e6;
    }

    double waitShare() {
      return (double) Arrays.stream(waitNs).sum() / Arrays.stream(stepNs).sum();
    }

    double worstWaitShare() {
      double worst = 0;
      for (int step = 0; step < stepNs.length; step++) {
        worst = Math.max(worst, (double) waitNs[step] / stepNs[step]);
      }
      return worst;
    }

    double computeShare() {
      return (double) Arrays.stream(computeNs).sum() / Arrays.stream(stepNs).sum();
    }

    String line() {
      return Arrays.toString(stepNs) + Arrays.toString(waitNs) + Arrays.toString(computeNs);
    }

    static Times parse(String line) {
      List<long[]> parts = new ArrayList<>();
      for (String part : line.substring(1, line.length() - 1).split("]\\[", -1)) {
        parts.add(Arrays.stream(part.split(", ", -1)).mapToLong(Long::parseLong).toArray());
      }
      return new Times(parts.get(0), parts.get(1), parts.get(2));
    }
  }

  public static void main(String[] arguments) throws IOException {
    List<String> own = new ArrayList<>(List.of(arguments));
    boolean child = own.remove("child");
    int tokens = own.isEmpty() ? 16384 : Integer.parseInt(own.get(0));
    int steps = own.size() < 2 ? 5 : Integer.parseInt(own.get(1));
    List<Layout> layouts = new ArrayList<>();
    for (String name : own.subList(Math.min(2, own.size()), own.size())) {
      layouts.add(Layout.valueOf(name.toUpperCase(Locale.ROOT)));
    }
    if (layouts.isEmpty()) {
      layouts.addAll(List.of(Layout.values()));
    }
    if (child) {
      BufferedReader input =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (Times times : measure(1, tokens, steps, layouts, input, System.out)) {
        System.out.println(RESULT + times.line());
      }
    } else {
      measureBoth(tokens, steps, layouts, arguments);
    }
  }

  private static void measureBoth(int tokens, int steps, List<Layout> layouts, String[] arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            WaitShareBenchmark.class.getName()));
    command.addAll(List.of(arguments));
    command.add("child");
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      BufferedReader input =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      PrintStream output = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
      List<Times> mine = measure(0, tokens, steps, layouts, input, output);
      System.out.printf(
          "%d cores, %d tokens over a ring of 2, %s, %d steps%n",
          Runtime.getRuntime().availableProcessors(), tokens, SHAPE, steps);
      System.out.println(
          "| layout | worst / mean area | step ms | waiting, share of the step | the worst step |"
              + " computing |");
      System.out.println("|---|---|---|---|---|---|");
      for (int i = 0; i < layouts.size(); i++) {
        Times theirs = Times.parse(read(input, RESULT));
        Times worse = mine.get(i).waitShare() > theirs.waitShare() ? mine.get(i) : theirs;
        System.out.printf(
            Locale.ROOT,
            "| %s | %.3f | %.0f | %.1f %% | %.1f %% | %.1f %% |%n",
            layouts.get(i).name().toLowerCase(Locale.ROOT),
            schedule(layouts.get(i), tokens).areaWorstOverMean(),
            worse.medianMs(),
            100 * worse.waitShare(),
            100 * worse.worstWaitShare(),
            100 * worse.computeShare());
      }
    } finally {
      process.destroy();
    }
  }

  private static List<Times> measure(
      int rank,
      int tokens,
      int steps,
      List<Layout> layouts,
      BufferedReader input,
      PrintStream output)
      throws IOException {
    TransportSettings settings =
        new TransportSettings(TransportSettings.Kind.AUTO, 60, 8192, 4 << 20, 4 << 20);
    RingProblem problem = RingProblem.of(SHAPE, Documents.single(tokens), 1);
    List<Times> times = new ArrayList<>();
    try (Endpoint endpoint = Transports.open(settings, "127.0.0.1", LinkSecurity.NONE)) {
      output.println(ADDRESS + endpoint.address());
      String other = read(input, ADDRESS);
      List<String> addresses =
          rank == 0 ? List.of(endpoint.address(), other) : List.of(other, endpoint.address());
      Link link = endpoint.connect(rank, addresses, 7, 0, () -> false);
      try (Collectives collectives = new Collectives(link)) {
        for (Layout layout : layouts) {
          RingSchedule schedule = schedule(layout, tokens);
          try (RingRank own = new RingRank(problem, schedule, link, new CpuDevice())) {
            times.add(measure(own, steps, collectives));
          }
        }
        collectives.barrier(0);
      }
    }
    return times;
  }

  private static RingSchedule schedule(Layout layout, int tokens) {
    Documents documents = Documents.single(tokens);
    DeviceSettings cpu =
        new DeviceSettings(DeviceSettings.Kind.CPU, DeviceSettings.Precision.FLOAT32);
    return new RouteChoice(
            ParallelSettings.Route.AUTO, AssumedRates.of(CostSettings.DEFAULTS, cpu, SHAPE))
        .plan(Layouts.of(layout, documents, 2), documents);
  }

  /** The first step is for the compiler. */
  private static Times measure(RingRank own, int steps, Collectives collectives) {
    long[] stepNs = new long[steps];
    long[] waitNs = new long[steps];
    long[] computeNs = new long[steps];
    for (int step = -1; step < steps; step++) {
      collectives.barrier(step);
      RingCounters before = own.ring().counters();
      long start = System.nanoTime();
      own.run(step);
      int index = Math.max(0, step);
      stepNs[index] = System.nanoTime() - start;
      RingCounters spent = own.ring().counters().minus(before);
      waitNs[index] = spent.waitNs();
      computeNs[index] = spent.attentionNs();
    }
    return new Times(stepNs, waitNs, computeNs);
  }

  /** Java itself may print lines before. */
  private static String read(BufferedReader input, String word) throws IOException {
    String line = input.readLine();
    while (line != null && !line.startsWith(word)) {
      line = input.readLine();
    }
    if (line == null) {
      throw new IOException("the other process has ended");
    }
    return line.substring(word.length());
  }
}
