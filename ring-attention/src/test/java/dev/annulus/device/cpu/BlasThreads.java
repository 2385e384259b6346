package dev.annulus.device.cpu;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;

/**
 * OpenBLAS on several threads of its own, which only benchmarks want: as the denominator. Closing
 * sets it back to one.
 */
public final class BlasThreads implements AutoCloseable {
  private final MethodHandle setThreads;

  public BlasThreads(int threads) {
    OpenBlas.load();
    try {
      String resource = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/libopenblas.so.0";
      File library = Loader.cacheResource(resource);
      SymbolLookup symbols = SymbolLookup.libraryLookup(library.toPath(), Arena.global());
      setThreads =
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.find("openblas_set_num_threads").orElseThrow(),
                  FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    set(threads);
  }

  private void set(int threads) {
    try {
      setThreads.invokeExact(threads);
    } catch (Throwable e) {
      throw new IllegalStateException("openblas_set_num_threads", e);
    }
    if (OpenBlas.threads() != threads) {
      throw new IllegalStateException(
          "OpenBLAS computes on " + OpenBlas.threads() + " threads, expected " + threads);
    }
  }

  @Override
  public void close() {
    set(1);
  }
}
