package dev.annulus.data.tokenizer;

import java.util.random.RandomGenerator;

/** Random well-formed text of every length of UTF-8, control characters included. */
final class RandomText {
  private static final int[] BOUNDS = {0x80, 0x800, 0x10000, 0x110000};

  private RandomText() {}

  static String of(RandomGenerator random, int codePoints) {
    StringBuilder text = new StringBuilder();
    while (codePoints > 0) {
      int point = random.nextInt(BOUNDS[random.nextInt(BOUNDS.length)]);
      if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
        text.appendCodePoint(point);
        codePoints--;
      }
    }
    return text.toString();
  }
}
