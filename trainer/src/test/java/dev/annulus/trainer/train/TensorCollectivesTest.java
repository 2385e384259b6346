package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.collective.Parts;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A reduce-scatter and an all-gather are an all-reduce, wherever a tensor lies. */
class TensorCollectivesTest {
  private static final int RANKS = 3;

  /** More than a host buffer holds, in parts that end at different times. */
  private static final Parts PARTS = Parts.of(3_000_016, 0, 1_700_000);

  @Test
  void inPlaceAndThroughTheHostBufferTheBitsAreThoseOfAnAllReduce() throws Exception {
    List<float[]> expected = onAllRanks((world, tensor) -> world.allReduceSum(tensor, 1), true);
    for (boolean direct : new boolean[] {true, false}) {
      List<float[]> found =
          onAllRanks(
              (world, tensor) -> {
                world.reduceScatterSum(tensor, PARTS, 1);
                world.allGather(tensor, PARTS, 1);
              },
              direct);
      for (int rank = 0; rank < RANKS; rank++) {
        assertThat(found.get(rank))
            .as("rank %d, direct %s", rank, direct)
            .isEqualTo(expected.get(rank));
      }
    }
  }

  private interface Exchange {
    void run(TensorCollectives world, Tensor tensor);
  }

  private static List<float[]> onAllRanks(Exchange exchange, boolean direct) throws Exception {
    List<Link> links = InProcessNetwork.create(RANKS, Duration.ofSeconds(20), () -> false);
    try (ExecutorService threads = Executors.newFixedThreadPool(RANKS)) {
      List<Future<float[]>> ranks = new ArrayList<>();
      for (int rank = 0; rank < RANKS; rank++) {
        int own = rank;
        ranks.add(threads.submit(() -> exchanged(exchange, links.get(own), direct)));
      }
      List<float[]> results = new ArrayList<>();
      for (Future<float[]> rank : ranks) {
        results.add(rank.get());
      }
      return results;
    }
  }

  private static float[] exchanged(Exchange exchange, Link link, boolean direct) {
    Random random = new Random(link.rank());
    try (Device device = new CpuDevice();
        DeviceArena arena = device.newArena();
        TensorCollectives world = new TensorCollectives(device, link, direct)) {
      Tensor tensor = arena.allocate(DataType.FLOAT32, 1, PARTS.total());
      for (long i = 0; i < tensor.size(); i++) {
        tensor.setFloat(0, i, random.nextFloat() - 0.5f);
      }
      exchange.run(world, tensor);
      return tensor.memory().toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
