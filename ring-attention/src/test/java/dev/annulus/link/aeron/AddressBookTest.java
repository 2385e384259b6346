package dev.annulus.link.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class AddressBookTest {
  private static final UUID DRIVER = new UUID(1, 2);

  private static AeronAddress address(int port) {
    return new AeronAddress(Frame.VERSION, DRIVER, "10.0.0.7", port, port, port);
  }

  @Test
  void anAddressSurvivesItsText() {
    AeronAddress address =
        new AeronAddress(Frame.VERSION, UUID.randomUUID(), "fe80::1", 40_123, 1001, 1002);
    assertThat(AeronAddress.parse(address.text())).contains(address);
    assertThat(address.endpoint()).isEqualTo("[fe80::1]:40123");
    assertThat(AddressBook.check(0, address, List.of(address.text()))).containsExactly(address);
  }

  @Test
  void aMissingRankIsNamed() {
    refused(1, Arrays.asList(address(1).text(), address(2).text(), null))
        .hasMessageContaining("rank 1, peer 2")
        .hasMessageContaining("no address was told");
  }

  @Test
  void anotherVersionIsNamed() {
    String other = "annulus-aeron/9 something new";
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
        .hasMessageContaining("port=2");
  }

  @Test
  void aRankMustHaveAPlace() {
    assertThatThrownBy(() -> AddressBook.check(1, address(2), List.of(address(2).text())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rank 1 among 1");
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
      int rank, List<String> texts) {
    return assertThatThrownBy(() -> AddressBook.check(rank, address(2), texts))
        .isInstanceOf(LinkException.class)
        .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PROTOCOL));
  }
}
