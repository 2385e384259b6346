package dev.annulus.data.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which ids begin and end a document. The first of these that speaks wins: {@code
 * tokenizer_config.json} (an explicit null says that there is none), the ids in {@code
 * generation_config.json} and {@code config.json}, an added token of a well-known name.
 */
final class SpecialIds {
  private static final List<String> BEGIN = List.of("<s>", "<|begin_of_text|>", "<bos>", "[BOS]");
  private static final List<String> END =
      List.of("</s>", "<|end_of_text|>", "<|endoftext|>", "<eos>", "[EOS]");

  private SpecialIds() {}

  static OptionalInt begin(TokenizerFiles files, TokenizerJson tokenizer) {
    return find(files, tokenizer, "bos_token", BEGIN);
  }

  static OptionalInt end(TokenizerFiles files, TokenizerJson tokenizer) {
    return find(files, tokenizer, "eos_token", END);
  }

  private static OptionalInt find(
      TokenizerFiles files, TokenizerJson tokenizer, String key, List<String> names) {
    Optional<JsonNode> named = value(files, "tokenizer_config.json", key);
    if (named.isPresent()) {
      JsonNode token = named.get();
      String content = token.isObject() ? token.path("content").asText() : token.asText();
      return token.isNull() ? OptionalInt.empty() : tokenizer.id(content);
    }
    for (String file : List.of("generation_config.json", "config.json")) {
      // A list names several ends; the first is the one to write.
      Optional<JsonNode> id =
          value(files, file, key + "_id").map(node -> node.isArray() ? node.path(0) : node);
      if (id.isPresent()
          && id.get().isInt()
          && id.get().intValue() >= 0
          && id.get().intValue() < tokenizer.vocabularySize()) {
        return OptionalInt.of(id.get().intValue());
      }
    }
    return names.stream()
        .map(tokenizer::addedId)
        .filter(OptionalInt::isPresent)
        .findFirst()
        .orElse(OptionalInt.empty());
  }

  private static Optional<JsonNode> value(TokenizerFiles files, String file, String key) {
    return files
        .file(file)
        .map(bytes -> TokenizerJson.parse(files.origin() + ": " + file, bytes).get(key));
  }
}
