package dev.annulus.link.simulated;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.Refusals;
import dev.annulus.link.frame.TransferCounters;
import dev.annulus.link.simulated.EventLog.Event;
import java.lang.foreign.MemorySegment;

/**
 * One rank's end of a {@link SimulatedNetwork}. Its transfers are to be asked whether they are
 * done, and awaited when they are or at the deadline: see {@link SimulatedTransfer}.
 */
final class SimulatedLink implements Link, FramedTransfer.Owner {
  private final SimulatedNetwork network;
  private final int rank;
  private final int size;
  private final TransferCounters counters = new TransferCounters();
  private final Refusals refusals = new Refusals();

  /** By peer; null at the own rank. */
  private final OutStream[] outs;

  private final InStream[] ins;
  private boolean closed;

  SimulatedLink(SimulatedNetwork network, int rank, int size) {
    this.network = network;
    this.rank = rank;
    this.size = size;
    this.outs = new OutStream[size];
    this.ins = new InStream[size];
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        outs[peer] = new OutStream(this, network, peer);
        ins[peer] = new InStream(this, network, peer);
      }
    }
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
    FramedTransfer transfer = named(true, peer, tag, bytes);
    outs[peer].add(transfer);
    return new SimulatedTransfer(transfer, true, timeoutNs());
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    FramedTransfer transfer = named(false, peer, tag, bytes);
    ins[peer].add(transfer);
    return new SimulatedTransfer(transfer, false, timeoutNs());
  }

  @Override
  public LinkCounters counters() {
    return counters.read();
  }

  /** What lies in the streams still reaches the peers. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    network.log().note(Event.CLOSED, rank, rank, 0);
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        ins[peer].close();
        outs[peer].close();
      }
    }
  }

  @Override
  public long timeoutNs() {
    return network.streams().timeoutNs();
  }

  @Override
  public boolean cancelled() {
    return false;
  }

  @Override
  public Throwable failure() {
    return null;
  }

  @Override
  public String connection(int peer, boolean sending) {
    return "";
  }

  @Override
  public void abandon() {
    close();
  }

  /** Takes what the peer's end of a stream tells. */
  void onDatagram(int peer, Datagram datagram) {
    network.log().note(Event.ARRIVED, peer, rank, datagram.position());
    switch (datagram) {
      case Datagram.Data data -> ins[peer].onData(data.position(), data.frame());
      case Datagram.End end -> ins[peer].onEnd(end.position());
      case Datagram.Probe probe -> ins[peer].onProbe();
      case Datagram.Alive alive -> ins[peer].onAlive();
      case Datagram.Status status -> outs[peer].onStatus(status);
      case Datagram.Nak nak -> outs[peer].onNak(nak.position());
      case Datagram.Closed gone -> outs[peer].onClosed(gone.position());
    }
    network.changed(rank);
  }

  /** Nothing was heard of a peer for too long. */
  void peerGone(int peer, String detail) {
    network.log().note(Event.GONE, peer, rank, 0);
    ins[peer].failAll(Reason.PEER_GONE, detail);
    outs[peer].failAll(Reason.PEER_GONE, detail);
    network.changed(rank);
  }

  TransferCounters transferCounters() {
    return counters;
  }

  Refusals refusals() {
    return refusals;
  }

  private FramedTransfer named(boolean sending, int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    Links.checkMemory(tag, bytes);
    if (closed) {
      throw new IllegalStateException("rank " + rank + " has closed its link: " + tag);
    }
    return new FramedTransfer(this, sending, peer, tag, bytes, 1);
  }
}
