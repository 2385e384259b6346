package dev.annulus.link.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import dev.annulus.link.simulated.EventLog.Event;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SimulatedNetworkTest {
  private static final WireConditions CALM = WireConditions.calm(1e9, 1000);
  private static final StreamConditions STREAMS = streams(false);

  private static StreamConditions streams(boolean buffered) {
    return new StreamConditions(100, 8, buffered, 2_000, 50_000, 10, 5_000_000, 0, 0);
  }

  private static SimulatedNetwork network(
      int size, WireConditions wire, StreamConditions streams, long seed) {
    return new SimulatedNetwork(size, wire, streams, seed, null);
  }

  private static MessageTag tag(long sequence) {
    return new MessageTag(Kind.KEYS, 4, sequence, 1);
  }

  /** Lets time pass until all is done; within 10 s of it. */
  private static void play(SimulatedNetwork network, List<Transfer> transfers) {
    while (!transfers.stream().allMatch(Transfer::isDone)) {
      assertThat(network.time().runNext()).as("something is still to happen").isTrue();
      assertThat(network.time().nowNs()).isLessThan(10_000_000_000L);
    }
  }

  /** Lets so much time pass. */
  private static void pass(SimulatedNetwork network, long durationNs) {
    boolean[] over = {false};
    network.time().after(durationNs, () -> over[0] = true);
    while (!over[0]) {
      network.time().runNext();
    }
  }

  private static LinkException failure(Transfer transfer) {
    try {
      transfer.await();
    } catch (LinkException e) {
      return e;
    }
    throw new AssertionError("the transfer is done");
  }

  /** Messages of random lengths between all pairs, named early and late. */
  private static long exchange(SimulatedNetwork network, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Link> links = network.links();
    List<Transfer> transfers = new ArrayList<>();
    List<MemorySegment> sent = new ArrayList<>();
    List<MemorySegment> received = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      for (int round = 0; round < 6; round++) {
        for (Link from : links) {
          for (Link to : links) {
            if (from.rank() != to.rank()) {
              MemorySegment bytes = arena.allocate(random.nextInt(700));
              for (long i = 0; i < bytes.byteSize(); i++) {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
              }
              sent.add(bytes);
              received.add(arena.allocate(bytes.byteSize()));
              MemorySegment target = received.getLast();
              long number = round;
              transfers.add(from.send(to.rank(), tag(number), bytes));
              if (random.nextBoolean()) {
                pass(network, random.nextLong(20_000));
              }
              transfers.add(to.receive(from.rank(), tag(number), target));
            }
          }
        }
      }
      play(network, transfers);
      for (Transfer transfer : transfers) {
        transfer.await();
      }
      for (int i = 0; i < sent.size(); i++) {
        assertThat(received.get(i).mismatch(sent.get(i))).isEqualTo(-1);
      }
    }
    return network.log().digest();
  }

  @Test
  void messagesArriveWholeAndInOrderWhateverTheWireDoes() {
    List<WireConditions> wires =
        List.of(
            CALM,
            new WireConditions(1e8, 5_000, 40_000, 0, 0, 0),
            new WireConditions(1e9, 1_000, 3_000, 0.2, 0, 0),
            new WireConditions(1e9, 1_000, 0, 0, 0.3, 0),
            new WireConditions(1e9, 1_000, 0, 0, 0, 0.2),
            new WireConditions(1e9, 1_000, 10_000, 0.1, 0.1, 0.1));
    List<StreamConditions> streams =
        List.of(
            STREAMS,
            streams(true),
            new StreamConditions(64, 1, false, 2_000, 30_000, 40, 1_000_000_000, 0, 0),
            new StreamConditions(64, 5, true, 2_000, 30_000, 40, 1_000_000_000, 0.5, 0));
    for (WireConditions wire : wires) {
      for (StreamConditions stream : streams) {
        for (long seed = 0; seed < 5; seed++) {
          SimulatedNetwork network =
              network(
                  3,
                  wire,
                  new StreamConditions(
                      stream.payloadBytes(),
                      stream.windowFrames(),
                      stream.buffered(),
                      stream.nakDelayNs(),
                      stream.resendNs(),
                      40,
                      stream.timeoutNs(),
                      stream.intruders(),
                      0),
                  seed);
          exchange(network, seed);
          assertThat(network.refusals(0).total() > 0).isEqualTo(stream.intruders() > 0);
          if (wire.loss() > 0) {
            assertThat(network.log().count(Event.LOST)).isPositive();
            assertThat(network.log().count(Event.RESENT)).isPositive();
          }
        }
      }
    }
  }

  @Test
  void aSeedIsOneStory() {
    WireConditions rough = new WireConditions(1e9, 1_000, 10_000, 0.1, 0.1, 0.1);
    long first = exchange(network(3, rough, STREAMS, 5), 7);
    assertThat(exchange(network(3, rough, STREAMS, 5), 7)).isEqualTo(first);
    assertThat(exchange(network(3, rough, STREAMS, 6), 7)).isNotEqualTo(first);
  }

  @Test
  void aMessageTakesLatencyAndItsBytesAtTheWiresRate() {
    SimulatedNetwork network = network(2, CALM, STREAMS, 1);
    try (Arena arena = Arena.ofShared()) {
      Transfer sending = network.links().get(0).send(1, tag(0), arena.allocate(100));
      Transfer receiving = network.links().get(1).receive(0, tag(0), arena.allocate(100));
      play(network, List.of(receiving));
      // 100 bytes, the frame's header of 80 and 48 around a datagram, at 1 byte/ns.
      assertThat(network.time().nowNs()).isEqualTo(1000 + 228);
      assertThat(sending.isDone()).as("confirmed").isFalse();
      play(network, List.of(sending));
      assertThat(network.time().nowNs()).isEqualTo(1000 + 228 + 1000 + 48);
      assertThat(network.links().get(0).counters()).isEqualTo(new LinkCounters(100, 0, 1));
      assertThat(network.links().get(1).counters()).isEqualTo(new LinkCounters(0, 100, 0));
    }
  }

  @Test
  void twoSendersShareTheReceiversCard() {
    StreamConditions wide =
        new StreamConditions(1000, 64, true, 2_000, 900_000, 10, 5_000_000, 0, 0);
    SimulatedNetwork network = network(3, CALM, wide, 1);
    try (Arena arena = Arena.ofShared()) {
      List<Transfer> transfers = new ArrayList<>();
      for (int from = 0; from < 2; from++) {
        network.links().get(from).send(2, tag(0), arena.allocate(50_000));
        transfers.add(network.links().get(2).receive(from, tag(0), arena.allocate(50_000)));
      }
      play(network, transfers);
    }
    double wire = 2 * 50 * 1128.0;
    assertThat((double) network.time().nowNs()).isCloseTo(wire + 1000, offset(1500.0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageCountsAsSentWhenTakenOrWhenBuffered(boolean buffered) {
    SimulatedNetwork network = network(2, CALM, streams(buffered), 1);
    try (Arena arena = Arena.ofShared()) {
      Transfer inWindow = network.links().get(0).send(1, tag(0), arena.allocate(700));
      Transfer beyond = network.links().get(0).send(1, tag(1), arena.allocate(700));
      pass(network, 1_000_000);
      assertThat(inWindow.isDone()).isEqualTo(buffered);
      assertThat(beyond.isDone()).isFalse();
    }
  }

  @Test
  void anotherMessageThanAwaitedIsAnError() {
    SimulatedNetwork network = network(2, CALM, STREAMS, 1);
    try (Arena arena = Arena.ofShared()) {
      network.links().get(0).send(1, tag(8), arena.allocate(64));
      Transfer receiving = network.links().get(1).receive(0, tag(9), arena.allocate(64));
      play(network, List.of(receiving));
      LinkException failure = failure(receiving);
      assertThat(failure.reason()).isEqualTo(Reason.PROTOCOL);
      assertThat(failure)
          .hasMessageContaining("rank 1, peer 0, keys of block 1 at step 4 (exchange 9)")
          .hasMessageContaining("(exchange 8)");
    }
  }

  @Test
  void damageThatTheStreamDoesNotNoticeIsAnErrorAndNeverUsed() {
    StreamConditions blind = new StreamConditions(100, 8, true, 2_000, 50_000, 9, 5_000_000, 0, 1);
    SimulatedNetwork network = network(2, CALM, blind, 1);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment ones = arena.allocate(1000).fill((byte) 1);
      MemorySegment target = arena.allocate(1000);
      network.links().get(0).send(1, tag(0), ones);
      Transfer receiving = network.links().get(1).receive(0, tag(0), target);
      pass(network, 2_000_000);
      assertThat(failure(receiving).reason()).isIn(Reason.PROTOCOL, Reason.TIMEOUT);
      assertThat(target.mismatch(arena.allocate(1000))).isEqualTo(-1);
      assertThat(network.refusals(1).total()).isPositive();
    }
  }

  @Test
  void silenceEndsAtTheDeadline() {
    SimulatedNetwork network = network(2, CALM, STREAMS, 1);
    try (Arena arena = Arena.ofShared()) {
      Transfer receiving = network.links().get(1).receive(0, tag(9), arena.allocate(64));
      pass(network, 5_000_000);
      assertThat(receiving.isDone()).as("the peer lives").isFalse();
      LinkException failure = failure(receiving);
      assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(failure).hasMessageContaining("sent no message of 64 bytes within 5 ms");
      assertThatThrownBy(() -> network.links().get(1).send(0, tag(1), arena.allocate(1)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aDeadPeerIsNoticedByWhoWaitsForItAndWhoSendsToIt() {
    SimulatedNetwork network = network(3, CALM, STREAMS, 1);
    network.kill(0);
    try (Arena arena = Arena.ofShared()) {
      Transfer receiving = network.links().get(1).receive(0, tag(9), arena.allocate(64));
      Transfer sending = network.links().get(2).send(0, tag(9), arena.allocate(64));
      play(network, List.of(receiving, sending));
      assertThat(network.time().nowNs()).isLessThanOrEqualTo(STREAMS.livenessNs());
      assertThat(failure(receiving).reason()).isEqualTo(Reason.PEER_GONE);
      assertThat(failure(sending).reason()).isEqualTo(Reason.PEER_GONE);
    }
  }

  @Test
  void aFrozenPeerIsWaitedForAsLongAsItMayLive() {
    for (boolean longer : new boolean[] {false, true}) {
      SimulatedNetwork network = network(2, CALM, STREAMS, 1);
      long durationNs = longer ? STREAMS.livenessNs() + 60_000 : STREAMS.livenessNs() / 2;
      try (Arena arena = Arena.ofShared()) {
        network.links().get(0).send(1, tag(0), arena.allocate(5000));
        Transfer receiving = network.links().get(1).receive(0, tag(0), arena.allocate(5000));
        pass(network, 1300);
        network.freeze(0, durationNs);
        play(network, List.of(receiving));
        if (longer) {
          assertThat(failure(receiving).reason()).isEqualTo(Reason.PEER_GONE);
        } else {
          assertThat(receiving.await()).isZero();
          assertThat(network.time().nowNs()).isGreaterThan(durationNs);
        }
      }
    }
  }

  @Test
  void whoClosesIsNoticedAtOnceAndWhatItSentArrives() {
    SimulatedNetwork network = network(2, CALM, streams(true), 1);
    try (Arena arena = Arena.ofShared()) {
      Link zero = network.links().get(0);
      Link one = network.links().get(1);
      Transfer sent = zero.send(1, tag(0), arena.allocate(300));
      zero.close();
      assertThat(sent.await()).isZero();
      Transfer arrives = one.receive(0, tag(0), arena.allocate(300));
      Transfer never = one.receive(0, tag(1), arena.allocate(1));
      Transfer back = one.send(0, tag(0), arena.allocate(2000));
      play(network, List.of(arrives, never, back));
      assertThat(arrives.await()).isZero();
      assertThat(network.time().nowNs()).isLessThan(10_000);
      assertThat(failure(never).reason()).isEqualTo(Reason.PEER_GONE);
      assertThat(failure(back).reason()).isEqualTo(Reason.PEER_GONE);
    }
  }

  @Test
  void afterClosingTheNetworkComesToRest() {
    WireConditions rough = new WireConditions(1e9, 1_000, 10_000, 0.3, 0.1, 0.1);
    for (long seed = 0; seed < 20; seed++) {
      SimulatedNetwork network = network(4, rough, STREAMS, seed);
      try (Arena arena = Arena.ofShared()) {
        for (Link link : network.links()) {
          link.receive((link.rank() + 1) % 4, tag(0), arena.allocate(10));
        }
        network.links().forEach(Link::close);
        int events = 0;
        while (network.time().runNext()) {
          events++;
          assertThat(events).isLessThan(5_000);
        }
      }
    }
  }
}
