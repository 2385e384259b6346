package dev.annulus.data.document;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Where bytes stop being UTF-8. */
public final class StrictUtf8 {
  private static final int CHUNK = 8192;

  private StrictUtf8() {}

  /** Index of the first byte that begins no well-formed character, or -1. */
  public static int firstMalformed(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(CHUNK);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isError()) {
        return in.position();
      }
      if (result.isUnderflow()) {
        return -1;
      }
      out.clear();
    }
  }

  /** The fault at {@code index}, for a message. */
  public static String describe(byte[] bytes, int index) {
    return "byte 0x%02x is not UTF-8".formatted(bytes[index] & 0xff);
  }
}
