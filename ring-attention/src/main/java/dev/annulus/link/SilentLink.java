package dev.annulus.link;

import java.lang.foreign.MemorySegment;

/**
 * An end of a network in which nobody is: every message is over at once, what is received is what
 * lay there before, and the counters say what would have travelled. For plans.
 */
public final class SilentLink implements Link {
  private static final Transfer OVER =
      new Transfer() {
        @Override
        public boolean isDone() {
          return true;
        }

        @Override
        public long await() {
          return 0;
        }

        @Override
        public boolean await(long atMostNs) {
          return true;
        }
      };

  private final int rank;
  private final int size;
  private long bytesSent;
  private long bytesReceived;
  private long messagesSent;

  public SilentLink(int rank, int size) {
    this.rank = rank;
    this.size = size;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Transfer send(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    bytesSent += bytes.byteSize();
    messagesSent++;
    return OVER;
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    bytesReceived += bytes.byteSize();
    return OVER;
  }

  @Override
  public LinkCounters counters() {
    return new LinkCounters(bytesSent, bytesReceived, messagesSent);
  }

  @Override
  public void close() {}
}
