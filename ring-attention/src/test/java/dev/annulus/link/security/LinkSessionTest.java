package dev.annulus.link.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.Route;
import dev.annulus.link.frame.Verdict;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LinkSessionTest {
  private static final String HERE = "annulus-tcp/3 host=a ports=1";
  private static final String THERE = "annulus-tcp/3 host=b ports=2";

  private static LinkSecurity security(Protection protection, PeerSecret secret) {
    return new LinkSecurity(
        protection, protection == Protection.CHECKSUM ? Optional.empty() : Optional.of(secret));
  }

  @ParameterizedTest
  @EnumSource(Protection.class)
  void peersOfOneSecretReadEachOther(Protection protection) {
    LinkSession first = LinkSession.begin(security(protection, Secrets.SHARED));
    LinkSession second = LinkSession.begin(security(protection, Secrets.SHARED));
    List<String> told = List.of(first.announce(HERE), second.announce(THERE));
    assertThat(first.addresses(0, told)).containsExactly(HERE, THERE);
    Route route = new Route(42, 1, 0, 1, 0);
    MemorySegment frame = SealedFrames.one(first.seals(told, 42, 1).of(route), route, 7);
    assertThat(second.seals(told, 42, 1).of(route).examine(frame)).isEqualTo(Verdict.AWAITED);
  }

  @ParameterizedTest
  @EnumSource(value = Protection.class, names = "CHECKSUM", mode = EnumSource.Mode.EXCLUDE)
  void everyWayAttemptRunAndSessionHasAKeyOfItsOwn(Protection protection) {
    LinkSession session = LinkSession.begin(security(protection, Secrets.SHARED));
    LinkSession later = LinkSession.begin(security(protection, Secrets.SHARED));
    List<String> told = List.of(session.announce(HERE), later.announce(THERE));
    List<String> again = List.of(session.announce(HERE), session.announce(THERE));
    Route route = new Route(42, 1, 0, 1, 0);
    MemorySegment frame = SealedFrames.one(session.seals(told, 42, 1).of(route), route, 7);
    unproven(session, told, frame, new Route(42, 1, 1, 0, 0));
    unproven(session, told, frame, new Route(42, 1, 0, 2, 0));
    unproven(session, told, frame, new Route(42, 1, 0, 1, 1));
    unproven(session, told, frame, new Route(42, 2, 0, 1, 0));
    unproven(session, told, frame, new Route(43, 1, 0, 1, 0));
    unproven(session, again, frame, route);
  }

  private static void unproven(
      LinkSession session, List<String> told, MemorySegment frame, Route route) {
    assertThat(session.seals(told, route.runId(), route.epoch()).of(route).examine(frame))
        .isEqualTo(Verdict.UNPROVEN);
  }

  @ParameterizedTest
  @EnumSource(value = Protection.class, names = "CHECKSUM", mode = EnumSource.Mode.EXCLUDE)
  void anotherSecretIsNamedBeforeAnybodyIsTalkedTo(Protection protection) {
    LinkSession here = LinkSession.begin(security(protection, Secrets.SHARED));
    LinkSession there = LinkSession.begin(security(protection, Secrets.OTHER));
    refused(here, List.of(here.announce(HERE), there.announce(THERE)))
        .hasMessageContaining("rank 0, peer 1")
        .hasMessageContaining("it does not know the secret of this worker");
  }

  @Test
  void anotherProtectionIsNamed() {
    LinkSession here = LinkSession.begin(Secrets.AUTHENTICATED);
    for (LinkSecurity other : List.of(Secrets.ENCRYPTED, LinkSecurity.NONE)) {
      LinkSession there = LinkSession.begin(other);
      refused(here, List.of(here.announce(HERE), there.announce(THERE)))
          .hasMessageContaining(
              "it seals frames with " + other.protection().text() + ", expected hmac-sha-256");
    }
  }

  @Test
  void anAddressThatWasChangedOnItsWayIsNotBelieved() {
    LinkSession here = LinkSession.begin(Secrets.AUTHENTICATED);
    LinkSession there = LinkSession.begin(Secrets.AUTHENTICATED);
    String changed = there.announce(THERE).replace("host=b", "host=c");
    refused(here, List.of(here.announce(HERE), changed)).hasMessageContaining("secret");
    String without = THERE + " seal=hmac-sha-256";
    refused(here, List.of(here.announce(HERE), without)).hasMessageContaining("secret");
  }

  @Test
  void whatIsNoAddressOfThisVersionIsLeftToWhoReadsAddresses() {
    LinkSession here = LinkSession.begin(Secrets.AUTHENTICATED);
    assertThat(here.addresses(0, List.of("annulus-tcp/2 host=a ports=1", "nonsense")))
        .containsExactly("annulus-tcp/2 host=a ports=1", "nonsense");
  }

  @Test
  void nothingSaysTheSecret() {
    LinkSession session = LinkSession.begin(Secrets.AUTHENTICATED);
    assertThat(session.announce(HERE) + Secrets.AUTHENTICATED + Secrets.SHARED)
        .doesNotContain("peers of this test");
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
      LinkSession here, List<String> told) {
    return assertThatThrownBy(() -> here.addresses(0, told))
        .isInstanceOf(LinkException.class)
        .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PROTOCOL));
  }
}
