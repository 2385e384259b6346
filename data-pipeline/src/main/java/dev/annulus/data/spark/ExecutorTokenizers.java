package dev.annulus.data.spark;

import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.TokenizerSpec;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Opens each tokeniser once a JVM, as a large vocabulary takes seconds to load. They live as long
 * as the executor does; tokenisers are thread-safe.
 */
final class ExecutorTokenizers {
  private static final ConcurrentMap<String, Tokenizer> BY_FINGERPRINT = new ConcurrentHashMap<>();

  private ExecutorTokenizers() {}

  static Tokenizer get(TokenizerSpec spec) {
    return BY_FINGERPRINT.computeIfAbsent(spec.fingerprint(), key -> spec.open());
  }
}
