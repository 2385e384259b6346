package dev.annulus.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.document.ChatException;
import dev.annulus.data.document.LearnedText;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Templates in the forms that models come with; what they write stands here as Jinja writes it. */
class ChatRendererTest {
  private static final String CHATML =
      """
      {% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}\
      """;

  private static final String HEADERS =
      """
      {% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}\
      """;

  private static final String INSTRUCTIONS =
      """
      {{ bos_token }}
      {%- if messages[0]['role'] == 'system' %}
        {%- set system = messages[0]['content'] + '\\n' %}
      {%- else %}
        {%- set system = '' %}
      {%- endif %}
      {%- for message in messages %}
        {%- if message['role'] == 'user' %}
          {{- '[INST] ' + (system if loop.first or loop.index0 == 1 else '') + message['content'] + ' [/INST]' }}
        {%- elif message['role'] == 'assistant' %}
          {%- generation %}
          {{- ' ' + message['content'] + eos_token }}
          {%- endgeneration %}
        {%- elif message['role'] != 'system' %}
          {{- raise_exception('no role ' + message['role']) }}
        {%- endif %}
      {%- endfor %}
      """;

  private static LearnedText write(String template, List<Map<String, Object>> turns) {
    return new ChatRenderer(new ChatTemplate("t", template, "<s>", "</s>")).write(turns);
  }

  private static Map<String, Object> turn(String role, String content) {
    return Map.of("role", role, "content", content);
  }

  private static String learned(LearnedText text) {
    return text.learned().stream()
        .map(span -> text.text().substring(span.start(), span.end()))
        .collect(Collectors.joining("|"));
  }

  private static final List<Map<String, Object>> TALK =
      List.of(
          turn("system", "Be brief."),
          turn("user", "One?"),
          turn("assistant", "1 é\uD83D\uDE00"),
          turn("user", "Two?"),
          turn("assistant", "2"));

  @Test
  void chatMarkup() {
    LearnedText text = write(CHATML, TALK);
    assertThat(text.text())
        .isEqualTo(
            """
            <|im_start|>system
            Be brief.<|im_end|>
            <|im_start|>user
            One?<|im_end|>
            <|im_start|>assistant
            1 é\uD83D\uDE00<|im_end|>
            <|im_start|>user
            Two?<|im_end|>
            <|im_start|>assistant
            2<|im_end|>
            """);
    assertThat(learned(text)).isEqualTo("1 é\uD83D\uDE00<|im_end|>\n|2<|im_end|>\n");
  }

  @Test
  void headers() {
    LearnedText text = write(HEADERS, TALK);
    assertThat(text.text())
        .startsWith("<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>")
        .endsWith("<|start_header_id|>assistant<|end_header_id|>\n\n2<|eot_id|>");
    assertThat(learned(text)).isEqualTo("1 é\uD83D\uDE00<|eot_id|>|2<|eot_id|>");
  }

  @Test
  void instructionsWithBlocksAndExceptions() {
    LearnedText text = write(INSTRUCTIONS, TALK);
    assertThat(text.text())
        .isEqualTo(
            "<s>[INST] Be brief.\nOne? [/INST] 1 é\uD83D\uDE00</s>[INST] Two? [/INST] 2</s>");
    assertThat(learned(text)).isEqualTo(" 1 é\uD83D\uDE00</s>| 2</s>");
    assertThatThrownBy(() -> write(INSTRUCTIONS, List.of(turn("poet", "x"))))
        .isInstanceOf(ChatException.class)
        .hasMessageContaining("no role poet");
  }

  @Test
  void aTemplateThatIsNoneIsNamed() {
    assertThatThrownBy(() -> write("{% for m in messages %}", TALK))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("t:");
  }

  /** Some templates leave out what was thought in all turns but the last. */
  @Test
  void aTemplateThatRewritesEarlierTurnsIsRefused() {
    String forgetful =
        "{% for m in messages %}{% if loop.last %}{{ m['content'] }}{% else %}-{% endif %}{% endfor"
            + " %}";
    assertThatThrownBy(() -> write(forgetful, TALK))
        .isInstanceOf(ChatException.class)
        .hasMessageContaining("turn 2");
  }
}
