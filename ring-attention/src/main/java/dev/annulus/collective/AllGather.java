package dev.annulus.collective;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;

/**
 * The parts go round the ring until all ranks have all: at turn t rank r sends its next neighbour
 * part r - t and receives part r - t - 1 in its place, in chunks. A rank sends and receives about
 * (n - 1) / n of the buffer, the least there is.
 */
final class AllGather {
  private final Link link;
  private final long chunkBytes;

  AllGather(Link link, long chunkBytes) {
    this.link = link;
    this.chunkBytes = chunkBytes;
  }

  void run(MemorySegment values, Parts parts, int numberBytes, long step, long sequence) {
    int ranks = link.size();
    int next = (link.rank() + 1) % ranks;
    int previous = Math.floorMod(link.rank() - 1, ranks);
    for (int turn = 0; turn < ranks - 1; turn++) {
      MemorySegment leaving = part(values, parts, numberBytes, link.rank() - turn);
      MemorySegment arriving = part(values, parts, numberBytes, link.rank() - turn - 1);
      long longest = Math.max(leaving.byteSize(), arriving.byteSize());
      for (long from = 0; from < longest; from += chunkBytes) {
        int chunk = Math.toIntExact(from / chunkBytes);
        Transfer sent = null;
        Transfer received = null;
        if (from < leaving.byteSize()) {
          MessageTag tag = tag(step, sequence, chunk);
          sent = link.send(next, tag, chunk(leaving, from));
        }
        if (from < arriving.byteSize()) {
          MessageTag tag = tag(step, sequence, chunk);
          received = link.receive(previous, tag, chunk(arriving, from));
        }
        Collectives.await(sent);
        Collectives.await(received);
      }
    }
  }

  private MemorySegment part(MemorySegment values, Parts parts, int numberBytes, int rank) {
    int part = Math.floorMod(rank, link.size());
    return values.asSlice(parts.from(part) * numberBytes, parts.length(part) * numberBytes);
  }

  private MemorySegment chunk(MemorySegment part, long from) {
    return part.asSlice(from, Math.min(chunkBytes, part.byteSize() - from));
  }

  private static MessageTag tag(long step, long sequence, int chunk) {
    return new MessageTag(Kind.COLLECTIVE, step, sequence, chunk);
  }
}
