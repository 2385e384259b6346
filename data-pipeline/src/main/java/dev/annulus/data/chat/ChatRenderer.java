package dev.annulus.data.chat;

import dev.annulus.data.document.ChatException;
import dev.annulus.data.document.ChatWriter;
import dev.annulus.data.document.LearnedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Conversations by a template, and what of them is learned: what the template writes for a turn of
 * the assistant behind the header that it writes to ask for one ({@code add_generation_prompt}). So
 * the end-of-turn mark is learned, the header is not. Used by one thread.
 */
public final class ChatRenderer implements ChatWriter {
  private static final String ASSISTANT = "assistant";

  private final JinjaTemplate template;

  /**
   * A renderer.
   *
   * @throws dev.annulus.config.InvalidInputException if the template cannot be parsed
   */
  public ChatRenderer(ChatTemplate template) {
    this.template = new JinjaTemplate(template);
  }

  /**
   * {@inheritDoc}
   *
   * @throws ChatException if the template refuses it, or writes its turns otherwise than one behind
   *     the other
   */
  @Override
  public LearnedText write(List<Map<String, Object>> turns) {
    String whole = template.render(turns, false);
    List<LearnedText.Span> learned = new ArrayList<>();
    for (int t = 0; t < turns.size(); t++) {
      if (!ASSISTANT.equals(turns.get(t).get("role"))) {
        continue;
      }
      int start = commonPrefix(template.render(turns.subList(0, t), true), whole);
      // What follows the last turn is its end; a template may close the conversation with it.
      String upToHere =
          t + 1 == turns.size() ? whole : template.render(turns.subList(0, t + 1), false);
      int end = commonPrefix(upToHere, whole);
      if (end < upToHere.stripTrailing().length() || start > end) {
        throw new ChatException(
            "the template does not write turn " + t + " of the conversation as it does at its end",
            "a template that writes turns one behind the other");
      }
      learned.add(new LearnedText.Span(start, end));
    }
    return new LearnedText(whole, learned);
  }

  private static int commonPrefix(String a, String b) {
    int length = Math.min(a.length(), b.length());
    int i = 0;
    while (i < length && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    // Half of a character is none of it.
    return i > 0 && Character.isHighSurrogate(a.charAt(i - 1)) ? i - 1 : i;
  }
}
