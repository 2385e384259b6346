package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.link.Connecting;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.TransportUnavailableException;
import dev.annulus.link.Workers;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.StripedLink;
import io.aeron.ExclusivePublication;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class AeronFaultTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final MessageTag TAG = new MessageTag(MessageTag.Kind.KEYS, 5, 6, 0);

  private static AeronNetworks.Held driver;

  @BeforeAll
  static void start() {
    driver = AeronNetworks.holdDriver();
  }

  @AfterAll
  static void stop() {
    driver.close();
  }

  @Test
  void foreignStaleAndDamagedFramesAreRefusedCountedAndNeverUsed() {
    List<AeronEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      endpoints.add(
          AeronEndpoint.open(
              AeronNetworks.OPTIONS, 1, TIMEOUT.toNanos(), AeronNetworks.HOST, true));
    }
    AeronAddress victim = AeronAddress.parse(endpoints.get(1).address()).orElseThrow();
    List<Link> links = Connecting.all(endpoints, () -> false);
    List<MemorySegment> frames = new ArrayList<>();
    try (Arena arena = Arena.ofShared();
        Intruder intruder = new Intruder(victim)) {
      frames.add(frame(arena, new Route(41, 1, 0, 1, 0), 1)); // another run
      frames.add(frame(arena, new Route(42, 0, 0, 1, 0), 1)); // an earlier attempt
      frames.add(frame(arena, new Route(42, 1, 0, 0, 0), 1)); // for somebody else
      frames.add(frame(arena, new Route(42, 1, 0, 1, 0), 1)); // from one who is there already
      frames.add(frame(arena, new Route(42, 1, 0, 1, 1), 1)); // for another stream
      frames.add(frame(arena, new Route(42, 1, 7, 1, 0), 1)); // from nobody
      frames.add(frame(arena, new Route(42, 1, 1, 1, 0), 1)); // from this rank itself
      MemorySegment damaged = frame(arena, new Route(42, 1, 0, 1, 0), 1);
      damaged.set(ValueLayout.JAVA_BYTE, Frame.HEADER_BYTES, (byte) 99);
      frames.add(damaged);
      MemorySegment newer = frame(arena, new Route(42, 1, 0, 1, 0), 1);
      newer.set(ValueLayout.JAVA_BYTE, 4, (byte) 9);
      frames.add(newer); // another version
      frames.add(arena.allocate(Frame.HEADER_BYTES + 8)); // zeros
      frames.add(arena.allocate(5)); // shorter than a header
      frames.forEach(intruder::send);
      StripedLink receiving = (StripedLink) links.get(1);
      Workers.run(
          links,
          link -> {
            if (link.rank() == 1) {
              while (receiving.refusals().total() < frames.size()) {
                Thread.onSpinWait();
              }
              MemorySegment bytes = arena.allocate(8);
              link.receive(0, TAG, bytes).await();
              assertThat(bytes.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(123);
              assertThat(receiving.refusals().total()).isEqualTo(frames.size());
              assertThat(receiving.refusals().describe())
                  .isEqualTo(
                      "11 frames were refused (3 damaged, 1 of another protocol version, 1 of"
                          + " another run, 1 of another attempt, 5 from or for somebody else)");
            } else {
              MemorySegment bytes = arena.allocate(8);
              bytes.set(ValueLayout.JAVA_LONG, 0, 123);
              link.send(1, TAG, bytes).await();
            }
            return 0;
          });
    }
  }

  @Test
  void anotherRunIsNotTalkedTo() {
    List<AeronEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      endpoints.add(
          AeronEndpoint.open(
              AeronNetworks.OPTIONS,
              1,
              TimeUnit.MILLISECONDS.toNanos(500),
              AeronNetworks.HOST,
              false));
    }
    List<String> addresses = endpoints.stream().map(AeronEndpoint::address).toList();
    Thread other =
        Thread.ofPlatform()
            .start(
                () ->
                    assertThatThrownBy(
                            () -> endpoints.get(0).connect(0, addresses, 1, 0, () -> false))
                        .isInstanceOf(LinkException.class));
    assertThatThrownBy(() -> endpoints.get(1).connect(1, addresses, 2, 0, () -> false))
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 1, peer 0, hello")
        .hasMessageContaining("1 frames were refused");
    join(other);
    endpoints.forEach(AeronEndpoint::close);
  }

  @Test
  void memoryThatIsFreedUnderATransferIsAnErrorAndNotACrash() {
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            AeronNetworks.ipc(2, TIMEOUT, () -> false),
            link -> {
              Transfer transfer;
              try (Arena arena = Arena.ofShared()) {
                MemorySegment bytes = arena.allocate(64 << 20);
                transfer =
                    link.rank() == 0 ? link.send(1, TAG, bytes) : link.receive(0, TAG, bytes);
              }
              return transfer.await();
            });
    assertThat(outcomes).allMatch(outcome -> outcome.failure() instanceof LinkException);
  }

  @Test
  void lostPacketsCostTimeAndNothingElse() {
    DriverOptions lossy = AeronNetworks.options(8192).withLoss(0.05, 20_260_101);
    int size = 3;
    int rounds = 6;
    Workers.run(
        AeronNetworks.open(lossy, 1, true, size, TIMEOUT, () -> false),
        link -> {
          int next = (link.rank() + 1) % size;
          int previous = (link.rank() + 2) % size;
          try (Arena arena = Arena.ofShared()) {
            MemorySegment out = arena.allocate(1_000_003);
            MemorySegment in = arena.allocate(1_000_003);
            for (int round = 0; round < rounds; round++) {
              MessageTag tag = new MessageTag(MessageTag.Kind.VALUES, round, round, 0);
              out.copyFrom(MemorySegment.ofArray(bytes(10 * round + link.rank())));
              Transfer sending = link.send(next, tag, out);
              link.receive(previous, tag, in).await();
              sending.await();
              assertThat(
                      Arrays.equals(
                          in.toArray(ValueLayout.JAVA_BYTE), bytes(10 * round + previous)))
                  .isTrue();
            }
          }
          return 0;
        });
  }

  @Test
  void endpointsAreUsedOnceAndListenOnOneAddress() {
    TransportSettings settings = new TransportSettings(Kind.AERON, 5, 8192, 1 << 20, 256 << 10);
    assertThatThrownBy(() -> AeronEndpoint.open(settings, "0.0.0.0"))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining("0.0.0.0");
    assertThatThrownBy(() -> AeronEndpoint.open(settings, "192.0.2.1"))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining("192.0.2.1");
    try (AeronEndpoint endpoint = AeronEndpoint.open(settings, AeronNetworks.HOST)) {
      List<String> addresses = List.of(endpoint.address());
      Link link = endpoint.connect(0, addresses, 1, 0, () -> false);
      assertThat(link.size()).isEqualTo(1);
      assertThatThrownBy(() -> endpoint.connect(0, addresses, 1, 0, () -> false))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was used before");
    }
  }

  @Test
  void nothingIsLeftBehind() throws IOException {
    DriverOptions own = AeronNetworks.options(1408);
    List<Path> before = directories();
    List<Link> links = AeronNetworks.open(own, 1, false, 2, TIMEOUT, () -> false);
    assertThat(directories()).hasSize(before.size() + 1);
    links.forEach(Link::close);
    assertThat(directories()).isEqualTo(before);
    assertThat(Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive))
        .filteredOn(thread -> thread.getName().equals("annulus-link-0"))
        .hasSize(1);
  }

  @Test
  void limitsNameWhatIsMissing() {
    AeronLimits limits =
        new AeronLimits(
            1000, 2000, List.of(new AeronLimits.Place(Path.of("/dev/shm"), true, 5)), 6L << 20);
    assertThat(limits.problems())
        .hasSize(3)
        .anyMatch(problem -> problem.contains("net.core.rmem_max") && problem.contains("1000"))
        .anyMatch(problem -> problem.contains("/dev/shm") && problem.contains("6 MiB"));
    TransportSettings settings = new TransportSettings(Kind.AERON, 5, 8192, 1 << 20, 64 << 10);
    assertThat(AeronLimits.check(settings).describe()).isNotEmpty();
    assertThat(AeronLimits.check(settings).socketBuffer()).isEqualTo(64 << 10);
  }

  /** Someone who knows where an endpoint is and sends it what he likes. */
  private static final class Intruder implements AutoCloseable {
    private final AeronRuntime runtime = AeronRuntime.acquire(AeronNetworks.options(4096), 0);
    private final ExclusivePublication publication;

    Intruder(AeronAddress victim) {
      publication =
          runtime.call(
              "intrude",
              () ->
                  runtime
                      .aeron()
                      .addExclusivePublication(
                          "aeron:udp?endpoint=" + victim.endpoint(0),
                          victim.places().getFirst().stream()));
    }

    void send(MemorySegment frame) {
      UnsafeBuffer buffer = new UnsafeBuffer(frame.toArray(ValueLayout.JAVA_BYTE));
      long start = System.nanoTime();
      while (runtime.call("send", () -> publication.offer(buffer)) < 0) {
        assertThat(System.nanoTime() - start).isLessThan(TIMEOUT.toNanos());
      }
    }

    @Override
    public void close() {
      runtime.call(
          "leave",
          () -> {
            publication.close();
            return null;
          });
      AeronRuntime.release(List.of(runtime));
    }
  }

  private static MemorySegment frame(Arena arena, Route route, long number) {
    MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + 8);
    Frame.write(frame, route, TAG, 8, 0, number, 8);
    Frame.seal(frame);
    return frame;
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[1_000_003];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  private static List<Path> directories() throws IOException {
    String prefix = "annulus-" + ProcessHandle.current().pid() + "-";
    List<Path> found = new ArrayList<>();
    for (Path base : DriverDirectory.bases()) {
      if (Files.isDirectory(base)) {
        try (Stream<Path> entries = Files.list(base)) {
          entries
              .filter(path -> path.getFileName().toString().startsWith(prefix))
              .forEach(found::add);
        }
      }
    }
    return found;
  }

  private static void join(Thread thread) {
    try {
      thread.join(30_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
