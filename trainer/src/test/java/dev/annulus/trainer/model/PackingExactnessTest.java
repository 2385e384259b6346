package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.config.ModalitySettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.TokenMarks;
import dev.annulus.data.pack.DocumentCutter;
import dev.annulus.data.pack.ModalityFactors;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingSettings;
import dev.annulus.data.pack.WindowPacker;
import dev.annulus.device.cpu.CpuDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What the packer makes of documents gives the loss and the gradients of the documents one by one:
 * random documents, of which parts are not learned or of another modality, in random rows.
 */
final class PackingExactnessTest {
  private static final int PACKINGS = 100;
  private static final ModalityFactors FACTORS =
      ModalityFactors.fixed(List.of(new ModalitySettings(1, "image", 0.25)));

  @Test
  void aHundredRandomPackings() throws Exception {
    LlamaConfig config = TinyModels.config(2, true);
    Map<String, double[]> weights = TinyModels.randomWeights(config, 11);
    double worst = 0;
    for (long seed = 0; seed < PACKINGS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int length = random.nextInt(8, 40);
      LossNormalization normalization =
          random.nextBoolean() ? LossNormalization.TOKEN : LossNormalization.EXAMPLE;
      List<DocumentTokens> documents = documents(random, length, config.vocabSize());
      List<PackedRow> packed = pack(documents, length, normalization);
      List<PackedRow> single = new ArrayList<>();
      for (DocumentTokens document : documents) {
        single.addAll(pack(List.of(document), document.ids().length, normalization));
      }
      RingRun run =
          new RingRun(CpuDevice::new, config, weights).ring(1 + random.nextInt(2), Layout.ZIGZAG);
      RingRun.Result together = run.run(packed.toArray(PackedRow[]::new));
      RingRun.Result apart =
          new RingRun(CpuDevice::new, config, weights).run(single.toArray(PackedRow[]::new));
      assertThat(together.loss())
          .as("loss, seed %d", seed)
          .isCloseTo(apart.loss(), within(1e-6 * Math.max(1e-3, apart.loss())));
      double error = TinyModels.worstError(together.gradients(), apart.gradients());
      assertThat(error).as("gradients, seed %d", seed).isLessThan(1e-5);
      worst = Math.max(worst, error);
    }
    System.out.println("worst error of gradients over " + PACKINGS + " packings: " + worst);
  }

  private static List<DocumentTokens> documents(SplittableRandom random, int longest, int ids) {
    List<DocumentTokens> documents = new ArrayList<>();
    for (int d = random.nextInt(2, 9); d > 0; d--) {
      int length = random.nextInt(2, longest + 1);
      byte[] marks = new byte[random.nextBoolean() ? length : 0];
      for (int t = 0; t < marks.length; t++) {
        // The last target is learned, so that there is one.
        marks[t] = TokenMarks.of(t == length - 1 || random.nextInt(3) > 0, random.nextInt(2));
      }
      documents.add(new DocumentTokens("d", random.ints(length, 0, ids).toArray(), marks));
    }
    return documents;
  }

  private static List<PackedRow> pack(
      List<DocumentTokens> documents, int length, LossNormalization normalization) {
    PackingSettings settings =
        PackingSettings.of(length, LongDocuments.RAISE, SplitPositions.RESTART, normalization);
    List<PackedRow> rows = new ArrayList<>();
    WindowPacker packer = new WindowPacker(settings, FACTORS, false, rows::add);
    DocumentCutter cutter = new DocumentCutter(settings);
    documents.forEach(document -> cutter.cut(document).forEach(packer::add));
    packer.finish(true);
    return rows;
  }
}
