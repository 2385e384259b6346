package dev.annulus.link;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/** What every link shares. */
public final class Links {
  private static final Thread ANY_OTHER = Thread.ofPlatform().unstarted(() -> {});

  private Links() {}

  /**
   * The ranks {@code firstRank} to {@code firstRank + size - 1} as a network of their own, ranks
   * counted from 0, over the same channels. Closing it leaves {@code world} open; its counters are
   * those of {@code world}, its errors name the ranks of {@code world}.
   */
  public static Link group(Link world, int firstRank, int size) {
    if (firstRank < 0
        || size < 1
        || firstRank + size > world.size()
        || world.rank() < firstRank
        || world.rank() >= firstRank + size) {
      throw new IllegalArgumentException(
          "a group of ranks "
              + firstRank
              + " to "
              + (firstRank + size - 1)
              + ", expected to hold rank "
              + world.rank()
              + " and lie within a world of "
              + world.size());
    }
    return new GroupLink(world, firstRank, size);
  }

  /** Refuses a peer that does not exist or is this worker itself. */
  public static void checkPeer(Link link, int peer) {
    if (peer < 0 || peer >= link.size() || peer == link.rank()) {
      throw new IllegalArgumentException(
          "peer " + peer + " of rank " + link.rank() + " in a world of " + link.size());
    }
  }

  /** Refuses memory that another thread cannot copy from or to. */
  public static void checkMemory(MessageTag tag, MemorySegment bytes) {
    if (!bytes.isNative() || !bytes.isAccessibleBy(ANY_OTHER)) {
      throw new IllegalArgumentException(
          tag + ": memory of the heap or of a confined arena, expected that of a shared one");
    }
  }

  /** The text of a PROTOCOL error: something else came than was awaited. */
  public static String mismatch(
      MessageTag awaited, long awaitedBytes, MessageTag sent, long bytes) {
    return "awaited "
        + awaited
        + " of "
        + awaitedBytes
        + " bytes, the sender sent "
        + sent
        + " of "
        + bytes
        + " bytes";
  }

  /** The text of a TIMEOUT error. */
  public static String silence(boolean sending, long bytes, long timeoutNs) {
    return "the peer "
        + (sending ? "took" : "sent")
        + " no message of "
        + bytes
        + " bytes within "
        + TimeUnit.NANOSECONDS.toMillis(timeoutNs)
        + " ms";
  }
}
