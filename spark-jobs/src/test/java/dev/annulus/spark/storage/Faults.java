package dev.annulus.spark.storage;

import java.io.IOException;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What is wrong with a {@link LyingFileSystem}: one thing, from its n-th call of that kind on. */
final class Faults {
  static final Faults NONE = new Faults(Kind.NONE, 0, 0, new TreeSet<>());
  private static final long LATEST_SECONDS = 60;

  /** What can be wrong. */
  enum Kind {
    NONE,
    /** One call fails. */
    FAILS,
    /** All calls from then on fail: the storage is gone, or the process that called. */
    IS_GONE,
    /** One call comes back only when it is let go, whoever has given it up. */
    STALLS,
    /** A rename is not done, done by half, or done and told otherwise. */
    LOSES_RENAME,
    /** Listings are as old as this fault. */
    LISTS_LATE,
    /** One file lacks its end, and nobody says so. */
    TRUNCATES,
    /** One file has another byte, and nobody says so. */
    CORRUPTS,
    /** Nothing more can be written. */
    IS_FULL
  }

  private final Kind kind;
  private final int at;
  private final int variant;
  private final NavigableSet<String> before;
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();
  private final AtomicInteger files = new AtomicInteger();
  private final AtomicInteger renames = new AtomicInteger();
  private final CountDownLatch released = new CountDownLatch(1);

  private Faults(Kind kind, int at, int variant, NavigableSet<String> before) {
    this.kind = kind;
    this.at = at;
    this.variant = variant;
    this.before = before;
  }

  /** Chosen by a seed. */
  static Faults of(Random random, NavigableSet<String> names) {
    Kind kind = Kind.values()[1 + random.nextInt(Kind.values().length - 1)];
    int most =
        switch (kind) {
          case FAILS, IS_GONE, STALLS -> 90;
          case LOSES_RENAME -> 3;
          default -> 8;
        };
    return new Faults(kind, random.nextInt(most), random.nextInt(4), names);
  }

  static Faults fullAfter(int writes) {
    return new Faults(Kind.IS_FULL, writes, 0, new TreeSet<>());
  }

  AtomicInteger writes() {
    return writes;
  }

  Kind kind() {
    return kind;
  }

  /** Lets go what stalls. */
  void release() {
    released.countDown();
  }

  void onCall() throws IOException {
    int call = calls.getAndIncrement();
    switch (kind) {
      case FAILS -> {
        if (call == at) {
          throw new IOException("connection reset");
        }
      }
      case IS_GONE -> {
        if (call >= at) {
          throw new IOException("connection refused");
        }
      }
      case STALLS -> {
        if (call == at) {
          stall();
        }
      }
      default -> {}
    }
  }

  /** As a client in native code does: interrupts do not reach it. */
  private void stall() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LATEST_SECONDS);
    while (System.nanoTime() < deadline) {
      try {
        if (released.await(1, TimeUnit.SECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        // It goes on waiting.
      }
    }
    throw new IOException("nobody let the call go");
  }

  void onWrite() throws IOException {
    int write = writes.getAndIncrement();
    if (kind == Kind.IS_FULL && write >= at) {
      throw new IOException("No space left on device");
    }
  }

  /** What there is of a file that was written. */
  byte[] kept(byte[] written) {
    int file = files.getAndIncrement();
    if (file != at || written.length == 0) {
      return written;
    }
    return switch (kind) {
      case TRUNCATES -> java.util.Arrays.copyOf(written, written.length / (variant + 2));
      case CORRUPTS -> {
        byte[] other = written.clone();
        other[written.length / (variant + 2)] ^= 1;
        yield other;
      }
      default -> written;
    };
  }

  /** Renames as much as it is told. */
  @FunctionalInterface
  interface Renaming {
    /**
     * Does it.
     *
     * @param share of the bytes that come; less than all leaves also the old file
     */
    boolean rename(double share);
  }

  boolean rename(Renaming renaming) throws IOException {
    int rename = renames.getAndIncrement();
    if (kind != Kind.LOSES_RENAME || rename != at) {
      return renaming.rename(1);
    }
    return switch (variant) {
      case 0 -> true; // and did nothing
      case 1 -> {
        renaming.rename(1);
        throw new IOException("connection reset");
      }
      case 2 -> {
        renaming.rename(0.5);
        throw new IOException("connection reset");
      }
      default -> {
        renaming.rename(1);
        yield false;
      }
    };
  }

  NavigableSet<String> listed(NavigableSet<String> names) {
    return kind == Kind.LISTS_LATE ? before : names;
  }

  @Override
  public String toString() {
    return kind + " at " + at + ", variant " + variant;
  }
}
