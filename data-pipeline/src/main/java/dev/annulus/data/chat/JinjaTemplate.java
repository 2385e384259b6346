package dev.annulus.data.chat;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.TagNode;
import dev.annulus.config.InvalidInputException;
import dev.annulus.data.document.ChatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A chat template rendered by Jinjava, set up as transformers sets up Jinja: blocks are trimmed,
 * {@code raise_exception} and the {@code generation} block are there. A conversation may not reach
 * anything of the machine by it. Used by one thread.
 */
final class JinjaTemplate {
  private final ChatTemplate template;
  private final String source;
  private final Jinjava jinjava;

  JinjaTemplate(ChatTemplate template) {
    this.template = template;
    // The line break at the end of a template is no part of it. The library would rather take one
    // from what is written.
    this.source =
        template.source().endsWith("\n")
            ? template.source().substring(0, template.source().length() - 1)
            : template.source();
    this.jinjava =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                .withFailOnUnknownTokens(false)
                .withKeepTrailingNewline(true)
                .withMaxRenderDepth(64)
                .withLegacyOverrides(
                    LegacyOverrides.newBuilder()
                        .withIterateOverMapKeys(true)
                        .withUsePyishObjectMapper(true)
                        .withUseNaturalOperatorPrecedence(true)
                        .withParseWhitespaceControlStrictly(true)
                        .withAllowAdjacentTextNodes(true)
                        .withUseTrimmingForNotesAndExpressions(true)
                        .withKeepNullableLoopValues(true)
                        .withHandleBackslashInQuotesOnly(true)
                        .build())
                .build());
    jinjava.getGlobalContext().registerTag(new GenerationTag());
    jinjava
        .getGlobalContext()
        .registerFunction(
            new ELFunctionDefinition(
                "", "raise_exception", JinjaTemplate.class, "raiseException", Object.class));
  }

  /**
   * Called by templates.
   *
   * @param message what they have to say
   */
  public static Object raiseException(Object message) {
    throw new ChatException(
        "the chat template says: " + message, "a conversation that it can write");
  }

  /** The text of some turns. */
  String render(List<Map<String, Object>> turns, boolean askForAnswer) {
    Map<String, Object> bindings = new HashMap<>();
    bindings.put("messages", turns);
    bindings.put("add_generation_prompt", askForAnswer);
    bindings.put("bos_token", template.bosToken());
    bindings.put("eos_token", template.eosToken());
    RenderResult result = jinjava.renderForResult(source, bindings);
    for (TemplateError error : result.getErrors()) {
      if (error.getSeverity() == TemplateError.ErrorType.FATAL) {
        throw failure(error);
      }
    }
    return result.getOutput();
  }

  private RuntimeException failure(TemplateError error) {
    for (Throwable cause = error.getException(); cause != null; cause = cause.getCause()) {
      if (cause instanceof ChatException said) {
        return said;
      }
    }
    return switch (error.getReason()) {
      case SYNTAX_ERROR, UNKNOWN ->
          new InvalidInputException(
              template.place() + ":" + error.getLineno(),
              error.getMessage(),
              "a chat template that Jinjava can render");
      default ->
          new ChatException(
              "the chat template fails in line " + error.getLineno() + ": " + error.getMessage(),
              "a conversation that it can write");
    };
  }

  /** Marks what the assistant said, for transformers; here it writes what is in it. */
  private static final class GenerationTag implements Tag {
    private static final long serialVersionUID = 1L;

    @Override
    public String interpret(TagNode node, JinjavaInterpreter interpreter) {
      StringBuilder text = new StringBuilder();
      node.getChildren().forEach(child -> text.append(child.render(interpreter)));
      return text.toString();
    }

    @Override
    public String getName() {
      return "generation";
    }

    @Override
    public String getEndTagName() {
      return "endgeneration";
    }
  }
}
