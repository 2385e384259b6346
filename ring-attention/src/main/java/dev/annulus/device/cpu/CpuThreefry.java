package dev.annulus.device.cpu;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.annulus.device.Threefry;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Threefry} for many counters in a row. Four rounds a loop: C2 gives up inlining in longer
 * ones, and vectors would become objects.
 */
final class CpuThreefry {
  static final VectorSpecies<Integer> INTS = Lanes.FLOATS.vectorShape().withLanes(int.class);

  private CpuThreefry() {}

  /**
   * Fills the first {@code n} words of both arrays.
   *
   * @param counter the first; the lower half of the last is no smaller than the lower half of it
   * @param n a multiple of the lanes
   */
  static void fill(long key, long counter, int[] x0, int[] x1, int n) {
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    int k2 = Threefry.PARITY ^ k0 ^ k1;
    count((int) counter + k0, (int) (counter >>> 32) + k1, x0, x1, n);
    firstFour(x0, x1, n, k1, k2 + 1);
    lastFour(x0, x1, n, k2, k0 + 2);
    firstFour(x0, x1, n, k0, k1 + 3);
    lastFour(x0, x1, n, k1, k2 + 4);
    firstFour(x0, x1, n, k2, k0 + 5);
  }

  private static void count(int low, int high, int[] x0, int[] x1, int n) {
    for (int i = 0; i < n; i++) {
      x0[i] = low + i;
      x1[i] = high;
    }
  }

  private static void firstFour(int[] x0, int[] x1, int n, int add0, int add1) {
    for (int i = 0; i < n; i += Lanes.WIDTH) {
      IntVector a = IntVector.fromArray(INTS, x0, i);
      IntVector b = IntVector.fromArray(INTS, x1, i);
      a = a.add(b);
      b = b.lanewise(LSHL, 13).or(b.lanewise(LSHR, 19)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 15).or(b.lanewise(LSHR, 17)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 26).or(b.lanewise(LSHR, 6)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 6).or(b.lanewise(LSHR, 26)).lanewise(XOR, a);
      a.add(add0).intoArray(x0, i);
      b.add(add1).intoArray(x1, i);
    }
  }

  private static void lastFour(int[] x0, int[] x1, int n, int add0, int add1) {
    for (int i = 0; i < n; i += Lanes.WIDTH) {
      IntVector a = IntVector.fromArray(INTS, x0, i);
      IntVector b = IntVector.fromArray(INTS, x1, i);
      a = a.add(b);
      b = b.lanewise(LSHL, 17).or(b.lanewise(LSHR, 15)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 29).or(b.lanewise(LSHR, 3)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 16).or(b.lanewise(LSHR, 16)).lanewise(XOR, a);
      a = a.add(b);
      b = b.lanewise(LSHL, 24).or(b.lanewise(LSHR, 8)).lanewise(XOR, a);
      a.add(add0).intoArray(x0, i);
      b.add(add1).intoArray(x1, i);
    }
  }
}
