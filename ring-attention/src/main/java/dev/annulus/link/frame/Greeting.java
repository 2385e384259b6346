package dev.annulus.link.frame;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;

/**
 * What workers tell each other before anything else, an empty message over every stream: the ring
 * is closed, and both ends are of the same run and attempt.
 */
public final class Greeting {
  private Greeting() {}

  /** Greets the next rank, and waits for the greeting of the one before. */
  public static void neighbours(Link link) {
    if (link.size() == 1) {
      return;
    }
    int next = (link.rank() + 1) % link.size();
    int previous = Math.floorMod(link.rank() - 1, link.size());
    Transfer to = link.send(next, tag(link.rank()), MemorySegment.NULL);
    Transfer from = link.receive(previous, tag(previous), MemorySegment.NULL);
    to.await();
    from.await();
  }

  /** The greeting of a rank. */
  public static MessageTag tag(int rank) {
    return new MessageTag(MessageTag.Kind.HELLO, 0, 0, rank);
  }
}
