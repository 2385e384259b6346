package dev.annulus.data.pack;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Rows that still have room. An item goes into the row that it fills best, the oldest of equals, or
 * into a new one; full rows leave at once.
 *
 * @param <T> what is packed
 */
final class BestFit<T> {
  /** A row under way, or one that has left; {@code left} is the room in it. */
  static final class Bin<T> {
    private final long number;
    private final List<T> items = new ArrayList<>();
    private int left;

    Bin(long number, int left) {
      this.number = number;
      this.left = left;
    }

    List<T> items() {
      return items;
    }

    int left() {
      return left;
    }
  }

  private static final Comparator<Bin<?>> FULLEST_FIRST =
      Comparator.comparingInt((Bin<?> bin) -> bin.left).thenComparingLong(bin -> bin.number);

  // A bin's place depends on its room, so it changes only outside the set.
  private final NavigableSet<Bin<T>> open = new TreeSet<>(FULLEST_FIRST);
  private final int size;
  private final Consumer<Bin<T>> out;
  private long count;

  BestFit(int size, Consumer<Bin<T>> out) {
    this.size = size;
    this.out = out;
  }

  void place(T item, int length) {
    Bin<T> bin = open.ceiling(new Bin<>(-1, length));
    if (bin == null) {
      bin = new Bin<>(count++, size);
    } else {
      open.remove(bin);
    }
    bin.items.add(item);
    bin.left -= length;
    if (bin.left == 0) {
      out.accept(bin);
    } else {
      open.add(bin);
    }
  }

  /** Rows begun so far. */
  long count() {
    return count;
  }

  /** Sends out the fullest rows until at most {@code most} are open. */
  void shrinkTo(int most) {
    while (open.size() > most) {
      out.accept(open.pollFirst());
    }
  }

  /** Sends out the rows with at most this much room. */
  void closeFull(int room) {
    while (!open.isEmpty() && open.first().left <= room) {
      out.accept(open.pollFirst());
    }
  }

  /** Takes away the rows that are open, in the order in which they were begun. */
  List<Bin<T>> takeOpen() {
    List<Bin<T>> bins = new ArrayList<>(open);
    bins.sort(Comparator.comparingLong(bin -> bin.number));
    open.clear();
    return bins;
  }
}
