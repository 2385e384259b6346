package dev.annulus.link.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class AddressBookTest {
  /** An address with a port and nothing else. */
  private record Port(int port, int streams) implements AddressBook.Address {
    private static final Pattern TEXT = Pattern.compile("annulus-port/\\d+ (\\d+) (\\d+)");

    static Optional<Port> parse(String text) {
      Matcher matcher = TEXT.matcher(text);
      return matcher.matches()
          ? Optional.of(
              new Port(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
          : Optional.empty();
    }

    @Override
    public String text() {
      return "annulus-port/" + Frame.VERSION + " " + port + " " + streams;
    }
  }

  private static Port address(int port) {
    return new Port(port, 1);
  }

  private static List<Port> check(int rank, Port own, List<String> texts) {
    return AddressBook.check("port", rank, own, texts, Port::parse);
  }

  @Test
  void goodAddressesComeBackByRank() {
    assertThat(check(1, address(2), List.of(address(1).text(), address(2).text())))
        .containsExactly(address(1), address(2));
  }

  @Test
  void anotherTransportIsNamed() {
    refused(1, List.of("annulus-tcp/3 host=a", address(2).text()))
        .hasMessageContaining("rank 1, peer 0")
        .hasMessageContaining("it speaks over tcp, expected port");
  }

  @Test
  void anotherNumberOfStreamsIsNamed() {
    refused(1, List.of(new Port(1, 4).text(), address(2).text()))
        .hasMessageContaining("rank 1, peer 0")
        .hasMessageContaining("over 4 streams, expected 1")
        .hasMessageContaining("transport.streams");
  }

  @Test
  void aMissingRankIsNamed() {
    refused(1, Arrays.asList(address(1).text(), address(2).text(), null))
        .hasMessageContaining("rank 1, peer 2")
        .hasMessageContaining("no address was told");
  }

  @Test
  void anotherVersionIsNamed() {
    String other = "annulus-port/9 something new";
    refused(1, List.of(other, address(2).text()))
        .hasMessageContaining("rank 1, peer 0")
        .hasMessageContaining("version 9, expected " + Frame.VERSION);
  }

  @Test
  void anAddressThatIsNoneIsShown() {
    refused(1, List.of("somewhere", address(2).text()))
        .hasMessageContaining("not an address: 'somewhere'");
  }

  @Test
  void twoRanksCannotBeOne() {
    refused(1, List.of(address(1).text(), address(2).text(), address(1).text()))
        .hasMessageContaining("rank 1, peer 2")
        .hasMessageContaining("also that of rank 0");
  }

  @Test
  void theOwnPlaceMustHoldTheOwnAddress() {
    refused(1, List.of(address(2).text(), address(1).text()))
        .hasMessageContaining("rank 1, peer 1")
        .hasMessageContaining("annulus-port/3 2 1");
  }

  @Test
  void aRankMustHaveAPlace() {
    assertThatThrownBy(() -> check(1, address(2), List.of(address(2).text())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rank 1 among 1");
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
      int rank, List<String> texts) {
    return assertThatThrownBy(() -> check(rank, address(2), texts))
        .isInstanceOf(LinkException.class)
        .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PROTOCOL));
  }
}
