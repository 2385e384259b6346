package dev.annulus.link.simulated;

import java.lang.foreign.MemorySegment;

/** What two ends of a stream tell each other. Positions count what was put into the stream. */
sealed interface Datagram {
  /** Bytes around a datagram on the wire. */
  int OVERHEAD_BYTES = 48;

  /** Bytes on the wire. */
  default long wireBytes() {
    return OVERHEAD_BYTES;
  }

  /** The position it is about. */
  long position();

  /** From the sender: what lies at a position. */
  record Data(long position, MemorySegment frame) implements Datagram {
    @Override
    public long wireBytes() {
      return OVERHEAD_BYTES + frame.byteSize();
    }
  }

  /** From the sender: nothing comes behind this position. */
  record End(long position) implements Datagram {}

  /** From the sender: is there room, and is the receiver alive? */
  record Probe(long position) implements Datagram {}

  /** From the sender: there is nothing new, but somebody lives here. */
  record Alive(long position) implements Datagram {}

  /**
   * From the receiver.
   *
   * @param position up to which all has arrived
   * @param taken up to which it was taken out of the stream
   * @param asks whether an answer is wanted
   */
  record Status(long position, long taken, boolean asks) implements Datagram {}

  /** From the receiver: this is missing. */
  record Nak(long position) implements Datagram {}

  /** From the receiver: it has taken all up to this position, and takes nothing any more. */
  record Closed(long position) implements Datagram {}
}
