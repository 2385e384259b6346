package dev.annulus.data.document;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * 64 bits of the SHA-256 of what a source holds of a document: the same for the same contents,
 * wherever they stand and whatever tokenises them.
 */
public final class ContentHash {
  private ContentHash() {}

  /** The hash of a document's contents. */
  public static long of(Document.Content content) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    switch (content) {
      case Document.Text(String text) -> update(digest, text);
      case Document.Ids(int[] ids, int[] modalities) -> {
        update(digest, ids);
        update(digest, modalities);
      }
      case Document.Exchange(String prompt, String answer) -> {
        update(digest, prompt);
        // What no text holds, so that another cut of the same text is another document.
        digest.update((byte) 0xff);
        update(digest, answer);
      }
      case Document.Chat(var messages) -> update(digest, messages.toString());
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** Whether a hash is among this share of all hashes. */
  public static boolean isBelow(long hash, double share) {
    return (hash >>> 11) * 0x1p-53 < share;
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void update(MessageDigest digest, int[] values) {
    ByteBuffer chunk = ByteBuffer.allocate(1 << 12);
    for (int value : values) {
      if (!chunk.hasRemaining()) {
        digest.update(chunk.flip());
        chunk.clear();
      }
      chunk.putInt(value);
    }
    digest.update(chunk.flip());
  }
}
