package dev.annulus.link;

import java.lang.foreign.MemorySegment;

/** Neighbouring ranks of a network as a network of their own; see {@link Links#group}. */
record GroupLink(Link world, int firstRank, int size) implements Link {
  @Override
  public int rank() {
    return world.rank() - firstRank;
  }

  @Override
  public Transfer send(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    return world.send(firstRank + peer, tag, bytes);
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    return world.receive(firstRank + peer, tag, bytes);
  }

  @Override
  public LinkCounters counters() {
    return world.counters();
  }

  /** The channels belong to the world. */
  @Override
  public void close() {}
}
