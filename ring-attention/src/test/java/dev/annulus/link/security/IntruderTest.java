package dev.annulus.link.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.frame.ChecksumSeal;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameSeal;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IdleOwner;
import dev.annulus.link.frame.IncomingFrames;
import dev.annulus.link.frame.Refusals;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Stripes;
import dev.annulus.link.frame.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody who sees every frame, knows all but the secret, and puts whatever he likes in front of
 * the next good frame: 10,000 times each of what he may try.
 */
final class IntruderTest {
  private static final int TRIALS = 10_000;
  private static final Route ROUTE = new Route(42, 1, 0, 1, 0);

  @ParameterizedTest
  @EnumSource(value = Protection.class, names = "CHECKSUM", mode = EnumSource.Mode.EXCLUDE)
  void nothingOfHisIsAccepted(Protection protection) {
    long seed = 20_261_124;
    Random random = new Random(seed);
    LinkSession first =
        LinkSession.begin(new LinkSecurity(protection, Optional.of(Secrets.SHARED)));
    LinkSession second =
        LinkSession.begin(new LinkSecurity(protection, Optional.of(Secrets.SHARED)));
    List<String> told = List.of(first.announce("a"), second.announce("b"));
    FrameSeal sending = first.seals(told, ROUTE.runId(), ROUTE.epoch()).of(ROUTE);
    FrameSeal receiving = second.seals(told, ROUTE.runId(), ROUTE.epoch()).of(ROUTE);
    Refusals refusals = new Refusals();
    IncomingFrames incoming = new IncomingFrames(ROUTE, new Stripes(1), receiving, refusals);
    MemorySegment target = MemorySegment.ofArray(new byte[SealedFrames.PAYLOAD]);
    MemorySegment before = SealedFrames.one(sending, ROUTE, 0);
    accept(incoming, before, target, 0);
    long tried = 0;
    for (int number = 1; number <= TRIALS; number++) {
      MemorySegment good = SealedFrames.one(sending, ROUTE, number);
      incoming.add(awaited(number, target));
      target.fill((byte) 0);
      for (MemorySegment forged :
          List.of(
              before, // replayed
              mutated(good, random),
              truncated(good, random),
              reordered(good, before, random),
              unsealed(number),
              ofAnotherSecret(number, protection, told))) {
        Verdict verdict = incoming.judge(forged);
        assertThat(verdict.isRefused()).as("seed %d, frame %d: %s", seed, number, verdict).isTrue();
        tried++;
      }
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      assertThat(incoming.judge(good)).isEqualTo(Verdict.AWAITED);
      incoming.deliver(good);
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(SealedFrames.payload(number));
      before = good;
    }
    assertThat(refusals.total()).isEqualTo(tried);
    assertThat(refusals.of(Verdict.DUPLICATE)).isEqualTo(TRIALS);
    assertThat(refusals.of(Verdict.UNPROVEN)).isGreaterThan(3L * TRIALS);
  }

  /** A bit, or a run of bytes, is another. */
  private static MemorySegment mutated(MemorySegment good, Random random) {
    byte[] bytes = good.toArray(ValueLayout.JAVA_BYTE);
    if (random.nextBoolean()) {
      int bit = random.nextInt(8 * bytes.length);
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    } else {
      int from = random.nextInt(bytes.length);
      int to = from + 1 + random.nextInt(bytes.length - from);
      for (int i = from; i < to; i++) {
        bytes[i] ^= (byte) (1 + random.nextInt(255));
      }
    }
    return MemorySegment.ofArray(bytes);
  }

  private static MemorySegment truncated(MemorySegment good, Random random) {
    byte[] bytes = good.toArray(ValueLayout.JAVA_BYTE);
    byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length));
    if (cut.length >= Frame.HEADER_BYTES && random.nextBoolean()) {
      // With a header that agrees.
      int payload = Math.max(0, cut.length - Frame.HEADER_BYTES - MacSeal.TAG_BYTES);
      MemorySegment.ofArray(cut).set(ValueLayout.JAVA_INT_UNALIGNED, 72, payload);
    }
    return MemorySegment.ofArray(cut);
  }

  /** An old frame with the number, and perhaps the whole header, of the next. */
  private static MemorySegment reordered(MemorySegment good, MemorySegment before, Random random) {
    byte[] bytes = before.toArray(ValueLayout.JAVA_BYTE);
    MemorySegment frame = MemorySegment.ofArray(bytes);
    if (random.nextBoolean()) {
      MemorySegment.copy(good, 0, frame, 0, Frame.HEADER_BYTES);
    } else {
      MemorySegment.copy(good, 64, frame, 64, Long.BYTES);
    }
    return frame;
  }

  /** With a checksum, as if there were no secret. */
  private static MemorySegment unsealed(long number) {
    return SealedFrames.one(ChecksumSeal.INSTANCE, ROUTE, number);
  }

  private static MemorySegment ofAnotherSecret(
      long number, Protection protection, List<String> told) {
    LinkSession other = LinkSession.begin(new LinkSecurity(protection, Optional.of(Secrets.OTHER)));
    FrameSeal seal = other.seals(told, ROUTE.runId(), ROUTE.epoch()).of(ROUTE);
    return SealedFrames.one(seal, ROUTE, number);
  }

  private static void accept(
      IncomingFrames incoming, MemorySegment frame, MemorySegment target, long number) {
    incoming.add(awaited(number, target));
    assertThat(incoming.judge(frame)).isEqualTo(Verdict.AWAITED);
    incoming.deliver(frame);
  }

  private static FramedTransfer awaited(long number, MemorySegment target) {
    return new FramedTransfer(new IdleOwner(), false, 0, SealedFrames.tag(number), target, 1);
  }
}
