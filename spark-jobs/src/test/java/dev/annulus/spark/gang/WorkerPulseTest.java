package dev.annulus.spark.gang;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.WatchedLink;
import dev.annulus.spark.watch.RankStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A worker that stands still is seen from outside: whom it waits for, and for how long. */
final class WorkerPulseTest {
  private static final MessageTag KEYS = new MessageTag(MessageTag.Kind.KEYS, 7, 0, 3);

  private static RankStatus await(BlockingQueue<RankStatus> told, int waitsFor) throws Exception {
    RankStatus status;
    do {
      status = told.poll(20, TimeUnit.SECONDS);
      assertThat(status).as("a status of a worker that waits for %d", waitsFor).isNotNull();
    } while (status.waitsFor() != waitsFor);
    return status;
  }

  @Test
  void tellsWhomTheWorkerWaitsForAndThatItNoLongerDoes() throws Exception {
    BlockingQueue<RankStatus> told = new LinkedBlockingQueue<>();
    List<Link> links = InProcessNetwork.create(2, Duration.ofSeconds(30), () -> false);
    WatchedLink waiting = new WatchedLink(links.get(1));
    try (Arena arena = Arena.ofShared();
        WorkerPulse pulse = WorkerPulse.start(1, 2, 2, "b", "CPU", told::add)) {
      RankStatus first = await(told, RankStatus.NOBODY);
      assertThat(first.doing()).isEqualTo("joins the others");
      assertThat(first.attempt()).isEqualTo(2);
      pulse.watch(waiting);
      MemorySegment theirs = arena.allocate(64, 64);
      Thread worker = Thread.ofPlatform().start(() -> waiting.receive(0, KEYS, theirs).await());
      RankStatus stalled = await(told, 0);
      assertThat(stalled.waitsForWhat()).startsWith("keys of block 3 at step 7");
      assertThat(stalled.ringBytesReceived()).isEqualTo(64);
      assertThat(await(told, 0).waitedMs()).isGreaterThan(stalled.waitedMs());
      links.get(0).send(1, KEYS, arena.allocate(64, 64)).await();
      worker.join(20_000);
      assertThat(pulse.status().waitsFor()).isEqualTo(RankStatus.NOBODY);
      assertThat(waiting.ringWaitedNs()).isPositive();
      assertThat(waiting.ringBytesSent()).isZero();
    } finally {
      links.forEach(Link::close);
    }
  }
}
