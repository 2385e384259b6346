package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.annulus.device.Device;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RankAgreementTest {
  /** What each rank was told; empty for agreement. */
  private static List<String> check(List<String> hashes) throws Exception {
    List<Link> links = InProcessNetwork.create(hashes.size(), Duration.ofSeconds(20), () -> false);
    List<String> messages = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(hashes.size())) {
      List<Future<String>> futures = new ArrayList<>();
      for (int rank = 0; rank < hashes.size(); rank++) {
        Link link = links.get(rank);
        String hash = hashes.get(rank);
        futures.add(threads.submit(() -> message(link, hash)));
      }
      for (Future<String> future : futures) {
        messages.add(future.get());
      }
    }
    links.forEach(Link::close);
    return messages;
  }

  private static String message(Link link, String hash) {
    try (Device device = new ReferenceDevice();
        TensorCollectives world = new TensorCollectives(device, link)) {
      RankAgreement.check(world, "frozen tensors", hash, 40);
      return "";
    } catch (RankDisagreementException e) {
      return e.getMessage();
    }
  }

  @Test
  void equalHashesPass() throws Exception {
    String hash = "ffffffffffff" + "0".repeat(52);
    assertThat(check(List.of(hash, hash, hash))).containsOnly("");
  }

  @Test
  void everyRankIsToldWhatEachOneHolds() throws Exception {
    List<String> messages =
        check(
            List.of("0123456789ab".repeat(5), "0123456789ab".repeat(5), "0123456789ac".repeat(5)));
    assertThat(messages)
        .hasSize(3)
        .allSatisfy(
            message ->
                assertThat(message)
                    .contains("frozen tensors at step 40")
                    .contains("rank 1: 0123456789ab, rank 2: 0123456789ac"));
  }

  @Test
  void oneRankAgreesWithItself() {
    assertThatCode(() -> check(List.of("ab".repeat(32)))).doesNotThrowAnyException();
  }
}
