package dev.annulus.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.InvalidInputException;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.trainer.model.Devices;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.ReferenceLlama;
import dev.annulus.trainer.model.Rows;
import dev.annulus.trainer.model.TinyModels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Losses of documents, against the double reference. */
@ParameterizedClass
@EnumSource(Devices.class)
final class EvaluatorTest {
  private final LlamaConfig config = TinyModels.config(2, true);
  private final Map<String, double[]> weights = TinyModels.randomWeights(config, 21);
  private final Device device;
  private final DeviceArena arena;
  private final Parameters parameters;
  private final List<int[]> documents = Rows.documents(22, config.vocabSize(), 5, 1, 300, 0, 17, 2);

  EvaluatorTest(Devices devices) {
    device = devices.open();
    arena = device.newArena();
    parameters = TinyModels.upload(config, weights, device, arena);
  }

  @AfterEach
  void free() {
    arena.close();
    device.close();
  }

  private Evaluation score(int... indices) {
    try (Evaluator evaluator = new Evaluator(device, config, parameters)) {
      for (int index : indices) {
        evaluator.add(index, documents.get(index));
      }
      return evaluator.result();
    }
  }

  @Test
  void lossesAreThoseOfTheReference() {
    ReferenceLlama reference = new ReferenceLlama(config, weights);
    Evaluation evaluation = score(0, 1, 2, 3, 4, 5);

    double sum = 0;
    long targets = 0;
    for (DocumentLoss document : evaluation.documents()) {
      double[] losses = reference.losses(documents.get((int) document.index()));
      assertThat(document.targets()).isEqualTo(losses.length);
      if (losses.length > 0) {
        double mean = Arrays.stream(losses).average().orElseThrow();
        assertThat(document.loss()).isCloseTo(mean, within(1e-5 * mean));
      } else {
        assertThat(document.loss()).isNaN();
      }
      sum += Arrays.stream(losses).sum();
      targets += losses.length;
    }
    assertThat(evaluation.targets()).isEqualTo(targets).isEqualTo(4 + 299 + 16 + 1);
    assertThat(evaluation.loss()).isCloseTo(sum / targets, within(1e-5));
  }

  @Test
  void positionsFallIntoPowersOfTwo() {
    ReferenceLlama reference = new ReferenceLlama(config, weights);
    double[] losses = reference.losses(documents.get(2));
    List<PositionLosses.Bucket> buckets = score(2).positions().buckets();

    assertThat(buckets)
        .extracting(PositionLosses.Bucket::firstPosition)
        .containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L);
    assertThat(buckets)
        .extracting(PositionLosses.Bucket::targets)
        .containsExactly(1L, 1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 299L - 256);
    PositionLosses.Bucket fourth = buckets.get(3);
    assertThat(fourth.lastPosition()).isEqualTo(7);
    assertThat(fourth.loss())
        .isCloseTo(Arrays.stream(losses, 4, 8).average().orElseThrow(), within(1e-5));
  }

  @Test
  void sharesMergeToTheWhole() throws Exception {
    Evaluation whole = score(0, 1, 2, 3, 4, 5);
    Evaluation merged = Evaluation.merge(List.of(sent(score(5, 2)), sent(score(4, 0, 1, 3))));

    assertThat(merged.documents()).isEqualTo(whole.documents());
    assertThat(merged.loss()).isEqualTo(whole.loss());
    assertThat(merged.positions().targets()).isEqualTo(whole.positions().targets());
  }

  /** As a task sends it to the driver. */
  private static Evaluation sent(Evaluation evaluation) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(evaluation);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (Evaluation) in.readObject();
    }
  }

  @Test
  void namesDocumentAndTokenOutsideTheVocabulary() {
    try (Evaluator evaluator = new Evaluator(device, config, parameters)) {
      InvalidInputException failure =
          catchThrowableOfType(
              InvalidInputException.class, () -> evaluator.add(7, new int[] {1, 13, 2, -1}));
      assertThat(failure.problems())
          .extracting(problem -> problem.place() + ": " + problem.value())
          .containsExactly("document 7 token 1: id 13", "document 7 token 3: id -1");
    }
  }
}
