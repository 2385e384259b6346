package dev.annulus.link;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class InProcessLinkTest {
  @TestFactory
  Stream<DynamicTest> conformance() {
    return LinkConformance.checks(InProcessNetwork::create);
  }

  @Test
  void aClosedLinkTakesNothingMore() {
    List<Link> links = InProcessNetwork.create(2, Duration.ofSeconds(1), () -> false);
    links.forEach(Link::close);
    try (Arena arena = Arena.ofShared()) {
      MessageTag tag = new MessageTag(MessageTag.Kind.KEYS, 0, 0, 0);
      assertThatThrownBy(() -> links.get(0).send(1, tag, arena.allocate(8)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("rank 0 has closed its link");
    }
  }

  @Test
  void aGroupMustHoldItsOwnRank() {
    Link link = InProcessNetwork.create(4, Duration.ofSeconds(1), () -> false).get(3);
    assertThatThrownBy(() -> Links.group(link, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rank 3");
  }
}
