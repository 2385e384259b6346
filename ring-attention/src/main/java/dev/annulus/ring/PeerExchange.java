package dev.annulus.ring;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.PeerPlace;
import dev.annulus.link.Link;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Blocks that workers of one host pass to each other by copies from device to device; the link
 * carries notices only. As over a link, a send is over once the receiver has named it and waits for
 * anything at all: whoever waits serves all its peers meanwhile.
 */
final class PeerExchange implements AutoCloseable {
  /** How long one is waited for before the others are looked at. */
  private static final long SLICE_NS = TimeUnit.MICROSECONDS.toNanos(50);

  private final Link link;
  private final Arena arena = Arena.ofShared();
  private final Optional<PeerAccess> access;
  private final boolean greets;
  private final PeerTable table;
  private final PeerLine[] lines;

  /**
   * The end of one rank.
   *
   * @param greets whether ranks tell each other where their memory is; the same on all ranks. If
   *     not, nobody copies.
   * @param access to memory of peers; empty if this rank has none
   */
  PeerExchange(Link link, boolean greets, Optional<PeerAccess> access) {
    this.link = link;
    this.greets = greets;
    this.access = access;
    this.lines = new PeerLine[link.size()];
    this.table =
        new PeerTable(link, arena, access.map(PeerAccess::place).orElse(PeerPlace.NOWHERE));
  }

  /** What must be over before the first step of a pass, or null. */
  Pending greet(RingSchedule schedule, long step) {
    return greets ? table.greet(schedule, step) : null;
  }

  /** Whether blocks to and from a peer are copied. */
  boolean copies(int peer) {
    return table.copies(peer);
  }

  /** Whether some block may have to go through memory of the host. */
  boolean needsHost() {
    return !greets || table.anyByLink();
  }

  /** How many of the peers that this rank has met copy, for people. */
  String describe() {
    return table.describe();
  }

  Pending send(
      long step, RingMessages.Content content, Shipment rows, Block block, DevicePoint written) {
    return line(rows.to()).send(step, content, rows, block, written);
  }

  Pending receive(
      long step, RingMessages.Content content, Shipment rows, Block block, DevicePoint free) {
    return line(rows.from()).receive(step, content, rows, block, free);
  }

  /** All copies to this rank that were queued until now, and all that came through the host. */
  DevicePoint copied() {
    return access.orElseThrow().copied();
  }

  /** Serves all peers. */
  void progress() {
    for (PeerLine line : lines) {
      if (line != null) {
        line.progress();
      }
    }
  }

  /** How long one peer may be waited for before the others want to be served. */
  long patienceNs() {
    for (PeerLine line : lines) {
      if (line != null && !line.isIdle()) {
        return SLICE_NS;
      }
    }
    return Long.MAX_VALUE;
  }

  /** What is still to be said or heard, or null. */
  Pending underWay() {
    for (PeerLine line : lines) {
      if (line != null && !line.isIdle()) {
        return new Rest(line);
      }
    }
    return null;
  }

  /** All that is under way with a peer. */
  private record Rest(PeerLine line) implements Pending {
    @Override
    public int peer() {
      return line.peer();
    }

    @Override
    public boolean isOver() {
      line.progress();
      return line.isIdle();
    }

    @Override
    public long awaitNext(long atMostNs) {
      return awaitLine(line, atMostNs);
    }
  }

  /** Waits at one line, not long enough to let others wait. */
  static long awaitLine(PeerLine line, long atMostNs) {
    long start = System.nanoTime();
    line.await(Math.min(atMostNs, SLICE_NS));
    return System.nanoTime() - start;
  }

  private PeerLine line(int peer) {
    if (lines[peer] == null) {
      lines[peer] = new PeerLine(link, access.orElseThrow(), arena, peer);
    }
    return lines[peer];
  }

  /** Frees what the link may no longer touch. */
  @Override
  public void close() {
    access.ifPresent(PeerAccess::close);
    arena.close();
  }
}
