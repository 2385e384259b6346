package dev.annulus.ring.cost;

import java.util.Arrays;

/**
 * What is to happen when: numbers by time, and those of one moment in the order in which they were
 * added. Plain arrays, as a pass of a thousand ranks has millions of events.
 */
final class EventHeap {
  private long[] times = new long[64];
  private long[] orders = new long[64];
  private long[] codes = new long[64];
  private int size;
  private long added;

  void add(long timeNs, long code) {
    if (size == times.length) {
      times = Arrays.copyOf(times, 2 * size);
      orders = Arrays.copyOf(orders, 2 * size);
      codes = Arrays.copyOf(codes, 2 * size);
    }
    long order = added++;
    int at = size++;
    while (at > 0 && isBefore(timeNs, order, (at - 1) / 2)) {
      copy((at - 1) / 2, at);
      at = (at - 1) / 2;
    }
    put(at, timeNs, order, code);
  }

  boolean isEmpty() {
    return size == 0;
  }

  long firstTimeNs() {
    return times[0];
  }

  /** Takes the first event off. */
  long remove() {
    long first = codes[0];
    size--;
    long timeNs = times[size];
    long order = orders[size];
    long code = codes[size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      int right = child + 1;
      if (right < size && isBefore(times[right], orders[right], child)) {
        child = right;
      }
      if (isBefore(timeNs, order, child)) {
        break;
      }
      copy(child, at);
      at = child;
    }
    put(at, timeNs, order, code);
    return first;
  }

  private boolean isBefore(long timeNs, long order, int other) {
    return timeNs < times[other] || (timeNs == times[other] && order < orders[other]);
  }

  private void copy(int from, int to) {
    put(to, times[from], orders[from], codes[from]);
  }

  private void put(int at, long timeNs, long order, long code) {
    times[at] = timeNs;
    orders[at] = order;
    codes[at] = code;
  }
}
