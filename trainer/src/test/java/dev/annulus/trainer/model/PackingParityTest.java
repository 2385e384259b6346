package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The packer's rows against their documents one by one: the same loss and gradients, over random
 * documents, lengths of rows, policies, loss weights and rings.
 */
final class PackingParityTest {
  private static final int PACKINGS = 100;

  @Test
  void randomPackingsGiveTheLossAndGradientsOfTheirDocumentsOneByOne() throws Exception {
    double worstLoss = 0;
    double worstGradient = 0;
    int rows = 0;
    int documents = 0;
    for (int seed = 0; seed < PACKINGS; seed++) {
      LlamaConfig config = TinyModels.config(1 << seed % 3, seed % 2 == 0);
      Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
      RandomPacking packing = RandomPacking.of(seed, config.vocabSize());
      Layout layout = seed % 4 < 2 ? Layout.ZIGZAG : Layout.CONTIGUOUS;

      RingRun.Result packed =
          new RingRun(Devices.CPU::open, config, weights)
              .ring(1 + seed / 4 % 3, layout)
              .run(packing.packed().toArray(PackedRow[]::new));
      RingRun.Result oneByOne =
          new RingRun(Devices.CPU::open, config, weights)
              .run(packing.oneByOne().toArray(PackedRow[]::new));

      String what = "seed " + seed + ", " + packing.settings();
      double loss = oneByOne.loss();
      assertThat(loss).as(what).isPositive();
      assertThat(packed.loss()).as(what).isCloseTo(loss, within(1e-6 * loss));
      double gradient = TinyModels.worstError(packed.gradients(), oneByOne.gradients());
      assertThat(gradient).as(what).isLessThan(1e-5);
      worstLoss = Math.max(worstLoss, Math.abs(packed.loss() - loss) / loss);
      worstGradient = Math.max(worstGradient, gradient);
      rows += packing.packed().size();
      documents += packing.oneByOne().size();
    }
    System.out.printf(
        Locale.ROOT,
        "%d packings, %d segments in %d rows: worst error of the loss %.1e, of gradients %.1e%n",
        PACKINGS,
        documents,
        rows,
        worstLoss,
        worstGradient);
    // A packing that puts nothing together would prove nothing.
    assertThat(documents).isGreaterThan(3 * rows / 2);
  }

  /** Without its segments a row is one document, and the test above would see it. */
  @Test
  void documentsThatSeeEachOtherAreFound() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    List<PackedRow> packed = RandomPacking.of(1, config.vocabSize()).packed();
    PackedRow[] blurred =
        packed.stream()
            .map(
                row -> {
                  int[] segments = row.segmentIds().clone();
                  Arrays.setAll(segments, i -> Math.min(1, segments[i]));
                  return new PackedRow(
                      row.inputIds(),
                      row.targetIds(),
                      segments,
                      row.positionIds(),
                      row.lossWeights());
                })
            .toArray(PackedRow[]::new);
    RingRun.Result right =
        new RingRun(Devices.CPU::open, config, weights).run(packed.toArray(PackedRow[]::new));
    RingRun.Result wrong = new RingRun(Devices.CPU::open, config, weights).run(blurred);
    assertThat(Math.abs(wrong.loss() - right.loss())).isGreaterThan(1e-3 * right.loss());
  }
}
