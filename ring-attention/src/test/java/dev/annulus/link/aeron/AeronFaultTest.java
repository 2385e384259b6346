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
import dev.annulus.link.frame.Verdict;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Protection;
import dev.annulus.link.security.Secrets;
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
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class AeronFaultTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int BLOCK_BYTES = 1_000_003;
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
              AeronNetworks.OPTIONS,
              1,
              TIMEOUT.toNanos(),
              AeronNetworks.HOST,
              LinkSecurity.NONE,
              true));
    }
    AeronAddress victim = AeronAddress.parse(Secrets.address(endpoints.get(1))).orElseThrow();
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

  /** The seed decides which packets are lost. */
  @ParameterizedTest
  @CsvSource({"1, 20_260_101", "3, 20_260_102"})
  void lostPacketsCostTimeAndNothingElse(int streams, String seed) {
    DriverOptions lossy =
        AeronNetworks.options(8192).withLoss(0.05, Long.parseLong(seed.replace("_", "")));
    List<List<Integer>> lost =
        rotate(AeronNetworks.open(lossy, streams, true, 3, TIMEOUT, () -> false));
    List<List<Integer>> whole =
        rotate(AeronNetworks.open(AeronNetworks.OPTIONS, streams, true, 3, TIMEOUT, () -> false));
    assertThat(lost).isEqualTo(whole);
  }

  /** Blocks go round the ring as keys do; gives checksums of all that came, by rank. */
  private static List<List<Integer>> rotate(List<Link> links) {
    int rounds = 6;
    return Workers.run(
        links,
        link -> {
          int next = (link.rank() + 1) % link.size();
          int previous = (link.rank() + link.size() - 1) % link.size();
          List<Integer> sums = new ArrayList<>();
          try (Arena arena = Arena.ofShared()) {
            MemorySegment out = arena.allocate(BLOCK_BYTES);
            MemorySegment in = arena.allocate(BLOCK_BYTES);
            for (int round = 0; round < rounds; round++) {
              MessageTag tag = new MessageTag(MessageTag.Kind.VALUES, round, round, 0);
              out.copyFrom(MemorySegment.ofArray(bytes(10 * round + link.rank())));
              Transfer sending = link.send(next, tag, out);
              link.receive(previous, tag, in).await();
              sending.await();
              byte[] came = in.toArray(ValueLayout.JAVA_BYTE);
              assertThat(Arrays.equals(came, bytes(10 * round + previous))).isTrue();
              sums.add(Arrays.hashCode(came));
            }
          }
          return sums;
        });
  }

  /** He knows run, attempt, ranks and what comes next, but not the secret. */
  @ParameterizedTest
  @EnumSource(value = Protection.class, names = "CHECKSUM", mode = EnumSource.Mode.EXCLUDE)
  void whoDoesNotKnowTheSecretIsNotBelieved(Protection protection) {
    LinkSecurity security = new LinkSecurity(protection, Optional.of(Secrets.SHARED));
    List<AeronEndpoint> endpoints = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      endpoints.add(
          AeronEndpoint.open(
              AeronNetworks.OPTIONS, 1, TIMEOUT.toNanos(), AeronNetworks.HOST, security, true));
    }
    AeronAddress victim = AeronAddress.parse(Secrets.address(endpoints.get(1))).orElseThrow();
    List<Link> links = Connecting.all(endpoints, () -> false);
    StripedLink receiving = (StripedLink) links.get(1);
    try (Arena arena = Arena.ofShared();
        Intruder intruder = new Intruder(victim)) {
      // Rank 2 has sent nothing to rank 1 yet: its place is free.
      intruder.send(withTag(frame(arena, new Route(42, 1, 2, 1, 0), 0)));
      intruder.send(withTag(frame(arena, new Route(42, 1, 0, 1, 0), 1)));
      Workers.run(
          links,
          link -> {
            MemorySegment bytes = arena.allocate(8);
            if (link.rank() == 1) {
              while (receiving.refusals().of(Verdict.UNPROVEN) < 2) {
                Thread.onSpinWait();
              }
              link.receive(2, TAG, bytes).await();
              assertThat(bytes.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(123);
              assertThat(receiving.refusals().describe())
                  .isEqualTo("2 frames were refused (2 not of anybody who knows the secret)");
            } else if (link.rank() == 2) {
              bytes.set(ValueLayout.JAVA_LONG, 0, 123);
              link.send(1, TAG, bytes).await();
            }
            return 0;
          });
    }
  }

  @Test
  void endpointsListenOnOneAddress() {
    TransportSettings settings = new TransportSettings(Kind.AERON, 5, 8192, 1 << 20, 256 << 10);
    assertThatThrownBy(() -> AeronEndpoint.open(settings, "0.0.0.0", LinkSecurity.NONE))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining("0.0.0.0");
    assertThatThrownBy(() -> AeronEndpoint.open(settings, "192.0.2.1", LinkSecurity.NONE))
        .isInstanceOf(TransportUnavailableException.class)
        .hasMessageContaining("192.0.2.1");
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

  /** As long as a sealed frame; the tag is anything. */
  private static MemorySegment withTag(MemorySegment frame) {
    return MemorySegment.ofArray(
        Arrays.copyOf(frame.toArray(ValueLayout.JAVA_BYTE), (int) frame.byteSize() + 16));
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
    byte[] bytes = new byte[BLOCK_BYTES];
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
}
