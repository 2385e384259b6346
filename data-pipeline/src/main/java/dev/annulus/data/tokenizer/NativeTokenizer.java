package dev.annulus.data.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * One tokeniser of the Hugging Face library, in native memory; thread-safe. The only file that
 * knows DJL. It calls the JNI layer directly: the wrapper above it asks the network for an instance
 * id, truncates at 512 tokens by default, and builds a string and a span for every token.
 */
final class NativeTokenizer implements AutoCloseable {
  // Users of the handle share the read lock, so that close waits for them.
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private long handle;

  /**
   * @throws RuntimeException if the library does not accept the JSON; its message says why
   */
  NativeTokenizer(String json) {
    Library.load();
    handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
    TokenizersLibrary.LIB.disableTruncation(handle);
    TokenizersLibrary.LIB.disablePadding(handle);
  }

  /** Ids of the text, without those that a post-processor would add. */
  long[] encode(String text) {
    lock.readLock().lock();
    try {
      long encoding = TokenizersLibrary.LIB.encode(open(), text, false);
      try {
        return TokenizersLibrary.LIB.getTokenIds(encoding);
      } finally {
        TokenizersLibrary.LIB.deleteEncoding(encoding);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Ids as {@link #encode} gives them, and where each begins. */
  TextTokens encodeWithStarts(String text) {
    lock.readLock().lock();
    try {
      long encoding = TokenizersLibrary.LIB.encode(open(), text, false);
      try {
        long[] wide = TokenizersLibrary.LIB.getTokenIds(encoding);
        CharSpan[] spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);
        int[] ids = new int[wide.length];
        int[] starts = new int[wide.length];
        // The library counts code points.
        int codePoints = 0;
        int index = 0;
        for (int t = 0; t < ids.length; t++) {
          ids[t] = Math.toIntExact(wide[t]);
          int start = spans[t] == null ? codePoints : spans[t].getStart();
          index = text.offsetByCodePoints(index, start - codePoints);
          codePoints = start;
          starts[t] = index;
        }
        return new TextTokens(ids, starts);
      } finally {
        TokenizersLibrary.LIB.deleteEncoding(encoding);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Text of the ids; special tokens give nothing. */
  String decode(long[] ids) {
    lock.readLock().lock();
    try {
      return TokenizersLibrary.LIB.decode(open(), ids, true);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (handle != 0) {
        TokenizersLibrary.LIB.deleteTokenizer(handle);
        handle = 0;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private long open() {
    if (handle == 0) {
      throw new IllegalStateException("the tokeniser is closed");
    }
    return handle;
  }

  /** Loads the native library from the jar, once, without the network. */
  private static final class Library {
    private static final String OFFLINE = "ai.djl.offline";
    private static final String CACHE = "ENGINE_CACHE_DIR";

    static {
      // The jar holds the CPU build; a GPU's build would be downloaded.
      setUnlessSet(OFFLINE, "true");
      setUnlessSet("OPT_OUT_TRACKING", "true");
      if (System.getenv(CACHE) == null
          && System.getenv("DJL_CACHE_DIR") == null
          && !Files.isWritable(Path.of(System.getProperty("user.home")))) {
        // Containers of a cluster manager often have no home that can be written.
        setUnlessSet(CACHE, temporaryFolder());
      }
      LibUtils.checkStatus();
    }

    static void load() {
      // Runs the initialiser above.
    }

    private static void setUnlessSet(String key, String value) {
      if (System.getProperty(key) == null) {
        System.setProperty(key, value);
      }
    }

    private static String temporaryFolder() {
      try {
        return Files.createTempDirectory("annulus-tokenizers-").toString();
      } catch (IOException e) {
        throw new UncheckedIOException("a folder for the tokenisers' native library", e);
      }
    }
  }
}
