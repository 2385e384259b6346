package dev.annulus.data.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.DataSettings.LongDocuments;
import dev.annulus.config.DataSettings.LossNormalization;
import dev.annulus.config.DataSettings.SplitPositions;
import dev.annulus.data.document.DocumentTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random documents: every token and every target stands in the rows exactly once. */
class PackingPropertyTest {
  private static final List<LongDocuments> POLICIES =
      List.of(LongDocuments.SPLIT, LongDocuments.TRUNCATE, LongDocuments.DROP);

  /** Ids are unique over all documents, so a token says where it belongs. */
  private record Corpus(List<DocumentTokens> documents, Map<Integer, int[]> documentByFirstId) {}

  private static Corpus corpus(SplittableRandom random, int sequenceLength) {
    List<DocumentTokens> documents = new ArrayList<>();
    int next = 1;
    int count = random.nextInt(0, 40);
    for (int d = 0; d < count; d++) {
      int longest = random.nextInt(4) == 0 ? 4 * sequenceLength : sequenceLength;
      int length = random.nextInt(0, longest + 1);
      documents.add(new DocumentTokens("doc:" + d, IntStream.range(next, next + length).toArray()));
      next += length;
    }
    Map<Integer, int[]> byFirst = new HashMap<>();
    for (DocumentTokens document : documents) {
      if (document.ids().length > 0) {
        byFirst.put(document.ids()[0], document.ids());
      }
    }
    return new Corpus(documents, byFirst);
  }

  @Test
  void everyTokenAndEveryTargetOnce() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int sequenceLength = random.nextInt(1, 33);
      LongDocuments policy = POLICIES.get(random.nextInt(3));
      LossNormalization loss =
          random.nextBoolean() ? LossNormalization.TOKEN : LossNormalization.EXAMPLE;
      PackingSettings settings =
          new PackingSettings(
              sequenceLength, policy, SplitPositions.RESTART, loss, random.nextInt(1, 300));
      Corpus corpus = corpus(random, sequenceLength);
      List<PackedRow> rows = new ArrayList<>();
      PackingReport report = Packer.pack(corpus.documents().iterator(), settings, rows::add);
      check("seed " + seed + " " + settings, corpus, settings, rows, report);
    }
  }

  private static void check(
      String what,
      Corpus corpus,
      PackingSettings settings,
      List<PackedRow> rows,
      PackingReport report) {
    int length = settings.sequenceLength();
    Map<Integer, Integer> targetByToken = new HashMap<>();
    Map<Integer, Float> weightByToken = new HashMap<>();
    long padding = 0;
    for (PackedRow row : rows) {
      int previous = 0;
      for (int i = 0; i < length; i++) {
        int segment = row.segmentIds()[i];
        if (segment == 0) {
          padding++;
          assertThat(new int[] {row.inputIds()[i], row.targetIds()[i], row.positionIds()[i]})
              .as(what)
              .containsOnly(0);
          assertThat(row.lossWeights()[i]).as(what).isZero();
          assertThat(Arrays.stream(row.segmentIds(), i, length)).as(what).containsOnly(0);
          continue;
        }
        boolean begins = i == 0 || segment != previous;
        assertThat(segment).as(what).isEqualTo(begins ? previous + 1 : previous);
        assertThat(row.positionIds()[i])
            .as(what)
            .isEqualTo(begins ? 0 : row.positionIds()[i - 1] + 1);
        if (!begins) {
          assertThat(row.inputIds()[i]).as(what).isEqualTo(row.targetIds()[i - 1]);
        }
        assertThat(targetByToken.put(row.inputIds()[i], row.targetIds()[i])).as(what).isNull();
        weightByToken.put(row.inputIds()[i], row.lossWeights()[i]);
        previous = segment;
      }
    }
    long expectedTokens = 0;
    for (int[] ids : corpus.documentByFirstId().values()) {
      int kept = kept(ids.length, settings);
      expectedTokens += kept;
      double weights = 0;
      for (int i = 0; i < kept; i++) {
        boolean hasTarget = i + 1 < kept;
        assertThat(targetByToken).as(what).containsEntry(ids[i], hasTarget ? ids[i + 1] : 0);
        float weight = weightByToken.get(ids[i]);
        assertThat(weight != 0).as(what).isEqualTo(hasTarget);
        weights += weight;
      }
      double expected = settings.lossNormalization() == LossNormalization.TOKEN ? kept - 1 : 1;
      if (kept > 1) {
        assertThat(Math.abs(weights - expected)).as(what).isLessThan(1e-6 * kept);
      }
    }
    assertThat(targetByToken).as(what).hasSize((int) expectedTokens);
    assertThat(report.packedTokens()).as(what).isEqualTo(expectedTokens);
    assertThat(report.paddingTokens()).as(what).isEqualTo(padding);
    assertThat(report.rows()).as(what).isEqualTo(rows.size());
    assertThat(report.documents()).as(what).isEqualTo(corpus.documents().size());
    long targets = targetByToken.values().stream().filter(target -> target != 0).count();
    assertThat(report.targets()).as(what).isEqualTo(targets);
  }

  private static int kept(int length, PackingSettings settings) {
    if (length <= settings.sequenceLength()) {
      return length;
    }
    return switch (settings.longDocuments()) {
      case SPLIT -> length;
      case TRUNCATE -> settings.sequenceLength();
      case DROP, RAISE -> 0;
    };
  }

  /** Long-tailed lengths: log-normal, median 1,024, sigma 1.2; the emptiest row of all counts. */
  @Test
  void longTailedDocumentsLeaveLittlePadding() {
    for (int sequenceLength : new int[] {8192, 65536}) {
      PackingTrial trial = PackingTrial.run(sequenceLength, 20_000_000, 5);
      assertThat(trial.padding()).as("%s", trial).isLessThan(0.005);
      assertThat(trial.padding()).isLessThanOrEqualTo(trial.firstFitPadding());
    }
  }
}
