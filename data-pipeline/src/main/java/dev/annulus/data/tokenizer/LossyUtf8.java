package dev.annulus.data.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 with one U+FFFD for each maximal part that could not begin a character, as Unicode
 * recommends and other tokeniser libraries do. Java differs in one case: an encoded surrogate,
 * whole or cut short, is one fault to it, and a fault for every byte here.
 */
final class LossyUtf8 {
  private LossyUtf8() {}

  static String decode(byte[] bytes, int length) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
    // No byte gives more than one character, faults included.
    CharBuffer out = CharBuffer.allocate(length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isMalformed()) {
        return out.flip().toString();
      }
      int faults = isSurrogate(in, result.length()) ? result.length() : 1;
      for (int i = 0; i < faults; i++) {
        out.put('\uFFFD');
      }
      in.position(in.position() + result.length());
    }
  }

  private static boolean isSurrogate(ByteBuffer in, int length) {
    return length > 1
        && (in.get(in.position()) & 0xff) == 0xed
        && (in.get(in.position() + 1) & 0xff) >= 0xa0;
  }
}
