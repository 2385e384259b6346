package dev.annulus.collective;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Each rank sends every other rank what it has of that rank's part, and adds up its own part in the
 * order of the ranks: ((x0 + x1) + x2) + .., whoever came first. A rank sends and receives (n - 1)
 * / n of the buffer, the least there is. (Handed from neighbour to neighbour the sums could only
 * begin at rank 0, and the first links would carry the whole buffer twice.)
 *
 * <p>Goes by slices, one of each part at a time, so that scratch for one slice a peer is enough.
 */
final class ReduceScatter {
  private final Link link;
  private final MemorySegment scratch;
  private final long sliceBytes;

  /**
   * @param scratch {@link #scratchBytes} of them
   */
  ReduceScatter(Link link, MemorySegment scratch, long sliceBytes) {
    this.link = link;
    this.scratch = scratch;
    this.sliceBytes = sliceBytes;
  }

  /** A slice, such that those of all peers together take about {@code chunkBytes}. */
  static long sliceBytes(int ranks, long chunkBytes) {
    long sliceBytes = Math.max(chunkBytes / 16, chunkBytes / Math.max(1, ranks - 1));
    return Math.max(Double.BYTES, sliceBytes / Double.BYTES * Double.BYTES);
  }

  /** Memory for a slice a peer. */
  static long scratchBytes(int ranks, long chunkBytes) {
    return (ranks - 1) * sliceBytes(ranks, chunkBytes);
  }

  /** Leaves the sums in this rank's part; the other parts stay as they are. */
  void run(
      MemorySegment values, Parts parts, int numberBytes, Adder adder, long step, long sequence) {
    for (long from = 0; !isDone(parts, numberBytes, from); from += sliceBytes) {
      int slice = Math.toIntExact(from / sliceBytes);
      List<Transfer> transfers = new ArrayList<>();
      MemorySegment own = slice(values, parts, numberBytes, link.rank(), from);
      // The nearest peer first, so that no rank is everybody's first.
      for (int distance = 1; distance < link.size(); distance++) {
        int to = (link.rank() + distance) % link.size();
        MemorySegment leaving = slice(values, parts, numberBytes, to, from);
        if (leaving.byteSize() > 0) {
          transfers.add(link.send(to, tag(step, sequence, slice), leaving));
        }
      }
      for (int distance = 1; own.byteSize() > 0 && distance < link.size(); distance++) {
        int peer = Math.floorMod(link.rank() - distance, link.size());
        transfers.add(
            link.receive(peer, tag(step, sequence, slice), received(peer, own.byteSize())));
      }
      transfers.forEach(Transfer::await);
      addUp(own, adder);
    }
  }

  private void addUp(MemorySegment own, Adder adder) {
    MemorySegment sum = link.rank() == 0 ? own : received(0, own.byteSize());
    for (int rank = 1; rank < link.size(); rank++) {
      MemorySegment next = rank == link.rank() ? own : received(rank, own.byteSize());
      adder.add(sum, next);
      sum = next;
    }
    if (link.rank() < link.size() - 1) {
      own.copyFrom(sum);
    }
  }

  /** The place for what {@code peer} sends: this rank has none. */
  private MemorySegment received(int peer, long bytes) {
    int place = peer < link.rank() ? peer : peer - 1;
    return scratch.asSlice(place * sliceBytes, bytes);
  }

  private boolean isDone(Parts parts, int numberBytes, long from) {
    for (int part = 0; part < parts.count(); part++) {
      if (from < parts.length(part) * numberBytes) {
        return false;
      }
    }
    return true;
  }

  private MemorySegment slice(
      MemorySegment values, Parts parts, int numberBytes, int part, long from) {
    long left = Math.max(0, parts.length(part) * numberBytes - from);
    long at = Math.min(from, parts.length(part) * numberBytes);
    return values.asSlice(parts.from(part) * numberBytes + at, Math.min(left, sliceBytes));
  }

  private static MessageTag tag(long step, long sequence, int slice) {
    return new MessageTag(Kind.COLLECTIVE, step, sequence, slice);
  }
}
