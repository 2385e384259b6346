package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.ParallelSettings.Route;
import dev.annulus.data.pack.PackedRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The model against the double reference, and against itself in other shapes. */
@ParameterizedClass
@EnumSource(Devices.class)
final class LlamaModelTest {
  private static final int[] LENGTHS = {9, 1, 14, 2, 7};

  /** Room for all documents and some padding; odd, and no multiple of any ring. */
  private static final int ROW = 37;

  private final Devices device;

  LlamaModelTest(Devices device) {
    this.device = device;
  }

  private RingRun run(LlamaConfig config) {
    return new RingRun(device::open, config, TinyModels.randomWeights(config, 11));
  }

  @ParameterizedTest
  @CsvSource({"4, false, false", "2, true, true", "1, false, true", "2, false, false"})
  void matchesTheReference(int kvHeads, boolean tied, boolean byExample) throws Exception {
    LlamaConfig config = TinyModels.config(kvHeads, tied);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    ReferenceLlama reference = new ReferenceLlama(config, weights);
    List<int[]> documents = Rows.documents(2, config.vocabSize(), LENGTHS);
    double loss = 0;
    List<Double> losses = new ArrayList<>();
    Map<String, double[]> gradients = reference.zeroGradients();
    for (int[] ids : documents) {
      double[] lossWeights = new double[ids.length];
      Arrays.fill(lossWeights, byExample ? 1.0 / (ids.length - 1) : 1);
      loss += reference.loss(ids, lossWeights);
      reference.gradient(ids, lossWeights, gradients);
      Arrays.stream(reference.losses(ids)).forEach(losses::add);
      losses.add(0.0);
    }

    RingRun.Result result = run(config).run(Rows.pack(documents, ROW, byExample));

    assertThat(result.loss()).isCloseTo(loss, within(1e-5 * loss));
    for (int t = 0; t < losses.size(); t++) {
      assertThat((double) result.losses()[t]).isCloseTo(losses.get(t), within(1e-5));
    }
    assertThat(TinyModels.worstError(result.gradients(), gradients)).isLessThan(1e-5);
  }

  @Test
  void packedRowEqualsItsDocumentsOneByOne() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    List<int[]> documents = Rows.documents(4, config.vocabSize(), LENGTHS);
    PackedRow[] alone =
        documents.stream().map(ids -> Rows.single(ids, true)).toArray(PackedRow[]::new);

    RingRun.Result packed = run(config).run(Rows.pack(documents, ROW, true));
    RingRun.Result oneByOne = run(config).run(alone);

    assertThat(packed.loss()).isCloseTo(oneByOne.loss(), within(1e-6 * oneByOne.loss()));
    assertThat(TinyModels.worstError(packed.gradients(), oneByOne.gradients())).isLessThan(1e-5);
  }

  @ParameterizedTest
  @CsvSource({
    "2, ZIGZAG, RING", "3, ZIGZAG, DIRECT", "4, ZIGZAG, RING", "8, ZIGZAG, DIRECT",
    "2, CONTIGUOUS, DIRECT", "3, CONTIGUOUS, RING", "4, CONTIGUOUS, DIRECT", "8, CONTIGUOUS, RING",
    "2, STRIPED, RING", "3, STRIPED, DIRECT", "4, STRIPED, RING", "8, STRIPED, DIRECT",
    "2, MASK_AWARE, DIRECT", "3, MASK_AWARE, RING", "4, MASK_AWARE, DIRECT", "8, MASK_AWARE, RING"
  })
  void ringEqualsOneWorker(int ranks, Layout layout, Route route) throws Exception {
    LlamaConfig config = TinyModels.config(2, false);
    List<int[]> documents = Rows.documents(6, config.vocabSize(), LENGTHS);
    PackedRow row = Rows.pack(documents, ROW, false);
    PackedRow longDocument =
        Rows.single(Rows.documents(7, config.vocabSize(), 41).getFirst(), false);

    RingRun.Result one = run(config).run(row, longDocument);
    RingRun.Result ring = run(config).ring(ranks, layout).route(route).run(row, longDocument);

    assertThat(ring.loss()).isCloseTo(one.loss(), within(1e-6 * one.loss()));
    for (int t = 0; t < one.losses().length; t++) {
      assertThat(ring.losses()[t]).isCloseTo(one.losses()[t], within(1e-5f));
    }
    assertThat(TinyModels.worstError(ring.gradients(), one.gradients())).isLessThan(1e-5);
  }

  @Test
  void longRowsGoThroughTheHeadInChunks() throws Exception {
    LlamaConfig config = TinyModels.config(2, false);
    List<int[]> documents = Rows.documents(13, config.vocabSize(), 1000, 60);

    // The reference device is slow here.
    RingRun fast = new RingRun(Devices.CPU::open, config, TinyModels.randomWeights(config, 11));
    RingRun.Result packed = fast.run(Rows.pack(documents, 2200, false));
    RingRun.Result oneByOne =
        run(config).run(Rows.single(documents.get(0), false), Rows.single(documents.get(1), false));

    assertThat(packed.loss()).isCloseTo(oneByOne.loss(), within(1e-6 * oneByOne.loss()));
    assertThat(TinyModels.worstError(packed.gradients(), oneByOne.gradients())).isLessThan(1e-5);
    for (int t = 1060; t < 2200; t++) {
      assertThat(packed.losses()[t]).isZero();
    }
  }

  @Test
  void forwardAloneGivesTheSameLoss() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    PackedRow row = Rows.pack(Rows.documents(14, config.vocabSize(), LENGTHS), ROW, true);

    RingRun.Result result = run(config).ring(2, Layout.ZIGZAG).run(row);

    assertThat(result.forwardLoss()).isEqualTo(result.loss());
  }

  @Test
  void baseOfTheRotaryEmbeddingCanChangeBetweenStages() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    PackedRow row = Rows.pack(Rows.documents(15, config.vocabSize(), LENGTHS), ROW, true);

    RingRun.Result changed = run(config).ropeTheta(500.0).run(row);
    RingRun.Result made = run(config.withRopeTheta(500.0)).run(row);

    assertThat(changed.loss()).isEqualTo(made.loss()).isNotEqualTo(run(config).run(row).loss());
  }

  @Test
  void workersWithoutTokensTakePart() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    PackedRow row = Rows.single(Rows.documents(8, config.vocabSize(), 3).getFirst(), false);

    RingRun.Result one = run(config).run(row);
    RingRun.Result ring = run(config).ring(4, Layout.CONTIGUOUS).run(row);

    assertThat(ring.loss()).isCloseTo(one.loss(), within(1e-6 * one.loss()));
    assertThat(TinyModels.worstError(ring.gradients(), one.gradients())).isLessThan(1e-5);
  }

  @Test
  void frozenTensorsHaveNoGradientAndChangeNoOther() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    PackedRow row = Rows.pack(Rows.documents(9, config.vocabSize(), LENGTHS), ROW, false);
    List<String> frozen =
        ParameterLayout.of(config).specs().stream()
            .map(ParameterSpec::name)
            .filter(name -> name.hashCode() % 2 == 0)
            .toList();
    assertThat(frozen).hasSizeGreaterThan(4);

    RingRun.Result all = run(config).run(row);
    RingRun.Result some = run(config).trained(name -> !frozen.contains(name)).run(row);

    assertThat(some.gradients()).doesNotContainKeys(frozen.toArray(String[]::new));
    some.gradients()
        .forEach(
            (name, values) -> assertThat(values).as(name).isEqualTo(all.gradients().get(name)));
    assertThat(some.loss()).isEqualTo(all.loss());
  }

  @Test
  void gradientsAddUpOverRowsAndScale() throws Exception {
    LlamaConfig config = TinyModels.config(4, false);
    PackedRow row = Rows.pack(Rows.documents(10, config.vocabSize(), LENGTHS), ROW, false);

    RingRun.Result once = run(config).gradientScale(0.25f).run(row);
    RingRun.Result twice = run(config).gradientScale(0.125f).run(row, row);

    assertThat(twice.loss()).isCloseTo(2 * once.loss(), within(1e-9));
    assertThat(TinyModels.worstError(twice.gradients(), once.gradients())).isLessThan(1e-6);
  }

  @Test
  void sameRunGivesSameBits() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    PackedRow row = Rows.pack(Rows.documents(12, config.vocabSize(), LENGTHS), ROW, true);

    RingRun.Result first = run(config).ring(3, Layout.ZIGZAG).run(row);
    RingRun.Result second = run(config).ring(3, Layout.ZIGZAG).run(row);

    assertThat(second.loss()).isEqualTo(first.loss());
    first
        .gradients()
        .forEach((name, values) -> assertThat(second.gradients().get(name)).isEqualTo(values));
  }

  @Test
  void refusesTokensOutsideTheVocabulary() {
    LlamaConfig config = TinyModels.config(4, false);
    PackedRow row = Rows.single(new int[] {1, 2, config.vocabSize()}, false);

    assertThatThrownBy(() -> run(config).run(row))
        .hasCauseInstanceOf(InvalidInputException.class)
        .cause()
        .hasMessageContaining("token 2")
        .hasMessageContaining("id 13");
  }
}
