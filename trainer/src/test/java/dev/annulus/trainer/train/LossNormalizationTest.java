package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loss of a step over several rows and rings against each document trained alone. */
class LossNormalizationTest {
  private static final int LENGTH = 20;

  @TempDir Path root;

  private final Random random = new Random(99);
  private final List<List<int[]>> rows =
      List.of(
          List.of(document(9), document(2), document(6)),
          List.of(document(1), document(17)),
          List.of(document(20)));

  private int[] document(int tokens) {
    return random.ints(tokens, 0, 31).toArray();
  }

  private double firstLoss(String name, List<List<int[]>> packed, boolean example, int data)
      throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("only", LENGTH, 1, packed.size())).mesh(2, data).inOrder();
    Gang gang =
        new Gang(
            run,
            root.resolve(name),
            stage ->
                new RowsInMemory(
                    LENGTH,
                    packed.stream()
                        .map(documents -> RowsInMemory.pack(LENGTH, documents, example))
                        .toList()));
    gang.run();
    return gang.reports.getFirst().loss();
  }

  @Test
  void tokenIsTheMeanOverTargetsAndExampleTheMeanOverDocuments() throws Exception {
    double sum = 0;
    double sumOfMeans = 0;
    int targets = 0;
    int documents = 0;
    List<int[]> all = new ArrayList<>();
    rows.forEach(all::addAll);
    for (int[] document : all) {
      if (document.length > 1) {
        // A row of one document: its mean loss, whatever the normalisation.
        double mean = firstLoss("alone-" + documents, List.of(List.<int[]>of(document)), false, 1);
        documents++;
        targets += document.length - 1;
        sum += mean * (document.length - 1);
        sumOfMeans += mean;
      }
    }
    assertThat(firstLoss("token", rows, false, 2))
        .isEqualTo(sum / targets, within(1e-6 * sum / targets));
    assertThat(firstLoss("example", rows, true, 2))
        .isEqualTo(sumOfMeans / documents, within(1e-6 * sumOfMeans / documents));
    assertThat(Math.abs(sum / targets - sumOfMeans / documents))
        .as("the two differ on these documents")
        .isGreaterThan(1e-3);
  }

  @Test
  void aStepWithoutATargetIsRefusedWithItsRows() {
    List<List<int[]>> empty = List.of(List.of(document(1)), List.of(document(1), document(1)));
    assertThatThrownBy(() -> firstLoss("empty", empty, false, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("stage only, step 1, packed rows [0, 1]")
        .hasMessageContaining("at least one document with a target");
  }
}
