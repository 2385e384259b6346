package dev.annulus.data.document;

import java.util.List;
import java.util.Map;

/** Writes conversations as text. Used by one thread. */
@FunctionalInterface
public interface ChatWriter {
  /**
   * The text of a conversation, and what of it is learned.
   *
   * @throws ChatException if it cannot be written
   */
  LearnedText write(List<Map<String, Object>> turns);
}
