package dev.annulus.link.simulated;

import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.OutgoingFrames;
import dev.annulus.link.frame.Route;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Puts frames into a stream that must not be used: those of another run, of an earlier attempt or
 * for another rank, ones seen before, and damaged ones.
 */
final class Intruders {
  private final StreamConditions conditions;
  private final SplittableRandom random;
  private final Route route;

  /** The last good frame, as it was. */
  private MemorySegment last;

  Intruders(SimulatedNetwork network, int from, int to) {
    this.conditions = network.streams();
    this.random = network.random();
    this.route = network.route(from, to);
  }

  /** A frame to put before the next one; null for none. */
  MemorySegment before(OutgoingFrames frames) {
    if (conditions.intruders() == 0 || random.nextDouble() >= conditions.intruders()) {
      return null;
    }
    int payload = frames.nextPayload(conditions.payloadBytes());
    MemorySegment next = MemorySegment.ofArray(new byte[Frame.HEADER_BYTES + payload]);
    frames.write(next, payload);
    return switch (random.nextInt(5)) {
      case 0 ->
          otherRoute(next, new Route(~route.runId(), route.epoch(), route.from(), route.to(), 0));
      case 1 ->
          otherRoute(
              next, new Route(route.runId(), route.epoch() - 1, route.from(), route.to(), 0));
      case 2 -> otherRoute(next, new Route(route.runId(), route.epoch(), route.from(), -1, 0));
      case 3 -> last == null ? damaged(next) : last;
      default -> damaged(next);
    };
  }

  /** What becomes of a good frame between the two ends' checksums. */
  MemorySegment onItsWay(MemorySegment frame) {
    last = frame;
    return conditions.hiddenDamage() > 0 && random.nextDouble() < conditions.hiddenDamage()
        ? damaged(frame)
        : frame;
  }

  /** As a sender of another run, attempt or pair would write it. */
  private static MemorySegment otherRoute(MemorySegment frame, Route other) {
    int payload = Frame.payloadBytes(frame);
    MemorySegment written = copy(frame);
    Frame.write(
        written,
        other,
        Frame.tag(frame),
        Frame.messageBytes(frame),
        Frame.offset(frame),
        Frame.number(frame),
        payload);
    Frame.seal(written);
    return written;
  }

  private MemorySegment damaged(MemorySegment frame) {
    MemorySegment wrong = copy(frame);
    long at = random.nextLong(wrong.byteSize());
    byte was = wrong.get(ValueLayout.JAVA_BYTE, at);
    wrong.set(ValueLayout.JAVA_BYTE, at, (byte) (was ^ 1 << random.nextInt(8)));
    return wrong;
  }

  private static MemorySegment copy(MemorySegment frame) {
    return MemorySegment.ofArray(frame.toArray(ValueLayout.JAVA_BYTE));
  }
}
