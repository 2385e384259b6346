package dev.annulus.data.tokenizer;

/** Java strings may hold lone surrogates, which no UTF-8 can say. */
final class WellFormed {
  private WellFormed() {}

  /** The text with each lone surrogate replaced by U+FFFD; the same object if there is none. */
  static String text(String text) {
    StringBuilder mended = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (mended == null) {
        mended = new StringBuilder(text);
      }
      mended.setCharAt(i, '\uFFFD');
    }
    return mended == null ? text : mended.toString();
  }
}
