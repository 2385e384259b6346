package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NearestKeyTest {
  @ParameterizedTest
  @CsvSource({
    "'','',0",
    "steps,steps,0",
    "'',abc,3",
    "abc,'',3",
    "step,steps,1",
    "stpes,steps,1",
    "kitten,sitting,3",
    "ca,abc,3",
    "data,path,2"
  })
  void distanceCountsEditsAndSwaps(String a, String b, int distance) {
    assertThat(NearestKey.distance(a, b)).isEqualTo(distance);
  }

  @Test
  void distanceIsSymmetricAndNeverMoreThanTheEditsThatWereMade() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int trial = 0; trial < 500; trial++) {
      StringBuilder word = new StringBuilder();
      for (int i = 0; i < 8; i++) {
        word.append((char) ('a' + random.nextInt(4)));
      }
      String original = word.toString();
      int edits = random.nextInt(4);
      for (int i = 0; i < edits; i++) {
        int at = random.nextInt(word.length());
        switch (random.nextInt(3)) {
          case 0 -> word.deleteCharAt(at);
          case 1 -> word.insert(at, 'x');
          default -> word.setCharAt(at, 'y');
        }
      }
      int distance = NearestKey.distance(original, word.toString());
      assertThat(distance).as("seed %d: %s, %s", seed, original, word).isLessThanOrEqualTo(edits);
      assertThat(NearestKey.distance(word.toString(), original)).isEqualTo(distance);
    }
  }

  @Test
  void theNearestIsFound() {
    List<String> known = List.of("name", "output_dir", "seed");
    assertThat(NearestKey.of("outputdir", known)).contains("output_dir");
    assertThat(NearestKey.of("nmae", known)).contains("name");
    assertThat(NearestKey.of("outputDir", known)).contains("output_dir");
  }

  @Test
  void theFirstOfEquallyNearIsTaken() {
    assertThat(NearestKey.of("x", List.of("b", "a"))).contains("b");
  }

  @Test
  void nothingIsNearWhereNothingIsKnown() {
    assertThat(NearestKey.of("x", List.of())).isEmpty();
  }
}
