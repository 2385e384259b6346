package dev.annulus.ring;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.annulus.device.PeerPlace;
import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Which ranks copy from each other. Two ranks tell each other where their memory is before the
 * first pass in which something goes between them, and both find the same.
 */
final class PeerTable {
  /** Of a greeting: text, and zeros behind it. */
  private static final int BYTES = 2048;

  private enum State {
    UNKNOWN,
    GREETED,
    COPIES,
    LINK
  }

  private final Link link;
  private final Arena arena;
  private final PeerPlace place;
  private final State[] states;
  private final Pending[] greetings;
  private RingSchedule greeted;
  private boolean anyByLink;

  PeerTable(Link link, Arena arena, PeerPlace place) {
    this.link = link;
    this.arena = arena;
    this.place = place;
    this.states = new State[link.size()];
    this.greetings = new Pending[link.size()];
    for (int peer = 0; peer < states.length; peer++) {
      states[peer] = State.UNKNOWN;
      greetings[peer] = Pending.NOTHING;
    }
  }

  /** Whether this rank and a peer copy from each other. */
  boolean copies(int peer) {
    return states[peer] == State.COPIES;
  }

  /** Whether any of those that were greeted is reached by the link only. */
  boolean anyByLink() {
    return anyByLink;
  }

  /** How many peers copy, of those that were greeted, for people. */
  String describe() {
    int copying = 0;
    int known = 0;
    for (State state : states) {
      copying += state == State.COPIES ? 1 : 0;
      known += state == State.COPIES || state == State.LINK ? 1 : 0;
    }
    return copying + " of " + known;
  }

  /** What must be over before the first step of a schedule, or null. */
  Pending greet(RingSchedule schedule, long step) {
    if (greeted != schedule) {
      greeted = schedule;
      int reach = farthest(schedule, link.rank());
      for (int peer = 0; peer < states.length; peer++) {
        if (states[peer] == State.UNKNOWN && meets(schedule, peer, reach)) {
          states[peer] = State.GREETED;
          greetings[peer] = greet(peer, step);
        }
      }
    }
    for (Pending greeting : greetings) {
      if (!greeting.isOver()) {
        return greeting;
      }
    }
    return null;
  }

  /** Both find the same, from the schedule alone. */
  private boolean meets(RingSchedule schedule, int peer, int farthest) {
    int rank = link.rank();
    if (peer == rank) {
      return false;
    }
    return switch (schedule.route()) {
      case RING ->
          schedule.next(rank) == peer
              || schedule.next(peer) == rank
              || farthest == peer
              || farthest(schedule, peer) == rank;
      case DIRECT ->
          !schedule.needed(rank, peer).isEmpty() || !schedule.needed(peer, rank).isEmpty();
    };
  }

  /** Who sends home the gradients of an owner's block over the ring; the owner if nobody. */
  private static int farthest(RingSchedule schedule, int owner) {
    return schedule.user(owner, schedule.reach(owner));
  }

  private Pending greet(int peer, long step) {
    MemorySegment mine = arena.allocate(BYTES);
    MemorySegment theirs = arena.allocate(BYTES);
    byte[] text = place.toText().getBytes(StandardCharsets.UTF_8);
    if (text.length < BYTES) {
      MemorySegment.copy(text, 0, mine, JAVA_BYTE, 0, text.length);
    }
    Transfer[] both = {
      link.send(peer, tag(link.rank(), step), mine), link.receive(peer, tag(peer, step), theirs)
    };
    return new LinkPending(peer, both, () -> decide(peer, theirs.getString(0)));
  }

  private void decide(int peer, String text) {
    boolean copies = PeerPlace.parse(text).filter(place::sees).isPresent();
    states[peer] = copies ? State.COPIES : State.LINK;
    anyByLink |= !copies;
  }

  private static MessageTag tag(int sender, long step) {
    return new MessageTag(MessageTag.Kind.NOTICE, step, 0, sender);
  }
}
