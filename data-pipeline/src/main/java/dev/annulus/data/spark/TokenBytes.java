package dev.annulus.data.spark;

/**
 * Token ids as bytes, as few a token as the vocabulary needs, little-endian: Spark would box each
 * element of an array.
 *
 * @param width bytes of an id, 1 to 4
 */
record TokenBytes(int width) implements java.io.Serializable {
  static TokenBytes of(int vocabularySize) {
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, vocabularySize - 1));
    return new TokenBytes((bits + 7) / 8);
  }

  byte[] encode(int[] ids) {
    byte[] bytes = new byte[Math.multiplyExact(ids.length, width)];
    int at = 0;
    for (int id : ids) {
      for (int b = 0; b < width; b++) {
        bytes[at++] = (byte) (id >>> (8 * b));
      }
    }
    return bytes;
  }

  int[] decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length / width);
  }

  /** Ids {@code from} (inclusive) to {@code to} (exclusive) of those encoded. */
  int[] decode(byte[] bytes, int from, int to) {
    int[] ids = new int[to - from];
    int at = from * width;
    for (int i = 0; i < ids.length; i++) {
      int id = 0;
      for (int b = 0; b < width; b++) {
        id |= (bytes[at++] & 0xff) << (8 * b);
      }
      ids[i] = id;
    }
    return ids;
  }
}
