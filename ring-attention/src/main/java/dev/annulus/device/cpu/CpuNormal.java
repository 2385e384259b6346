package dev.annulus.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.annulus.device.Threefry;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * y = keep x + factor z, z the standard normal numbers of {@link
 * dev.annulus.device.reference.ReferenceNormal}. Only operations that IEEE 754 rounds one way
 * (sums, products, fma, quotients, roots), in the order of {@code normal.cu}, so that GPUs give the
 * same bits.
 */
final class CpuNormal {
  private static final VectorSpecies<Integer> INTS =
      Lanes.FLOATS.vectorShape().withLanes(int.class);

  /** Counters, and so elements, of half a block. */
  private static final int HALF = 16;

  /** The bits of sqrt(1/2): mantissas lie from it to its double. */
  private static final int ROOT_OF_HALF = 0x3f3504f3;

  private static final float LN2 = (float) Math.log(2);
  private static final float TURN = (float) (2 * Math.PI * 0x1p-24);

  private CpuNormal() {}

  /**
   * Elements {@code from} to {@code to} of the n of both memories.
   *
   * @param from a multiple of 32
   */
  static void add(
      MemorySegment x, float keep, float factor, long key, MemorySegment y, long from, long to) {
    for (long block = from; block < to; block += 2 * HALF) {
      for (int lane = 0; lane < HALF; lane += Lanes.WIDTH) {
        pair(x, keep, factor, key, y, block + lane, block / 2 + lane, to);
      }
    }
  }

  /** Elements from {@code first} and from {@code first + 16} on, by the counters from one on. */
  private static void pair(
      MemorySegment x,
      float keep,
      float factor,
      long key,
      MemorySegment y,
      long first,
      long counter,
      long end) {
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    int k2 = Threefry.PARITY ^ k0 ^ k1;
    IntVector x0 = IntVector.broadcast(INTS, (int) counter + k0).addIndex(1);
    IntVector x1 = IntVector.broadcast(INTS, (int) (counter >>> 32) + k1);
    x0 = x0.add(x1);
    x1 = mixed(x1, 13, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 15, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 26, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 6, x0).add(k2 + 1);
    x0 = x0.add(k1).add(x1);
    x1 = mixed(x1, 17, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 29, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 16, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 24, x0).add(k0 + 2);
    x0 = x0.add(k2).add(x1);
    x1 = mixed(x1, 13, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 15, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 26, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 6, x0).add(k1 + 3);
    x0 = x0.add(k0).add(x1);
    x1 = mixed(x1, 17, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 29, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 16, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 24, x0).add(k2 + 4);
    x0 = x0.add(k1).add(x1);
    x1 = mixed(x1, 13, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 15, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 26, x0);
    x0 = x0.add(x1);
    x1 = mixed(x1, 6, x0).add(k0 + 5);
    x0 = x0.add(k2);

    FloatVector radius = radius(x0);
    IntVector turn = x1.lanewise(LSHR, 8);
    IntVector quarter = turn.add(1 << 21).lanewise(LSHR, 22);
    FloatVector angle = floats(turn.sub(quarter.lanewise(LSHL, 22))).mul(TURN);
    FloatVector square = angle.mul(angle);
    FloatVector cosine = cosine(square);
    FloatVector sine = sine(angle, square);
    // cos: c, -s, -c, s by quarters; sin: s, c, -s, -c.
    VectorMask<Float> odd = bit(quarter, 1);
    FloatVector first0 = cosine.blend(sine, odd);
    FloatVector second0 = sine.blend(cosine, odd);
    FloatVector first1 = first0.blend(first0.neg(), bit(quarter.add(1), 2));
    FloatVector second1 = second0.blend(second0.neg(), bit(quarter, 2));
    store(x, keep, factor, radius.mul(first1), y, first, end);
    store(x, keep, factor, radius.mul(second1), y, first + HALF, end);
  }

  private static IntVector mixed(IntVector x1, int rotation, IntVector x0) {
    return x1.lanewise(ROL, rotation).lanewise(XOR, x0);
  }

  /** sqrt(-2 ln u), u of the upper 24 bits, in (0, 1]; ln m = 2 artanh((m - 1) / (m + 1)). */
  private static FloatVector radius(IntVector bits) {
    FloatVector u = floats(bits.lanewise(LSHR, 8).add(1)).mul(0x1p-24f);
    IntVector ofU = u.reinterpretAsInts();
    IntVector exponent = ofU.sub(ROOT_OF_HALF).lanewise(ASHR, 23);
    FloatVector m = ofU.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats();
    FloatVector s = m.sub(1f).div(m.add(1f));
    FloatVector q = s.mul(s);
    FloatVector series = q.fma(constant(1f / 9), constant(1f / 7));
    series = q.fma(series, constant(1f / 5));
    series = q.fma(series, constant(1f / 3));
    series = q.fma(series, constant(1f));
    FloatVector half = s.mul(series);
    FloatVector logarithm = floats(exponent).fma(constant(LN2), half.add(half));
    return logarithm.mul(-2f).sqrt();
  }

  private static FloatVector cosine(FloatVector square) {
    FloatVector series = square.fma(constant(-1f / 3_628_800), constant(1f / 40_320));
    series = square.fma(series, constant(-1f / 720));
    series = square.fma(series, constant(1f / 24));
    series = square.fma(series, constant(-1f / 2));
    return square.fma(series, constant(1f));
  }

  private static FloatVector sine(FloatVector angle, FloatVector square) {
    FloatVector series = square.fma(constant(1f / 362_880), constant(-1f / 5040));
    series = square.fma(series, constant(1f / 120));
    series = square.fma(series, constant(-1f / 6));
    return angle.mul(square).fma(series, angle);
  }

  private static void store(
      MemorySegment x,
      float keep,
      float factor,
      FloatVector z,
      MemorySegment y,
      long index,
      long end) {
    FloatVector factors = constant(factor);
    if (index + Lanes.WIDTH <= end) {
      Lanes.store(factors.fma(z, Lanes.load(x, index).mul(keep)), y, index);
    } else if (index < end) {
      VectorMask<Float> tail = Lanes.tail(index, end);
      Lanes.store(factors.fma(z, Lanes.load(x, index, tail).mul(keep)), y, index, tail);
    }
  }

  private static FloatVector floats(IntVector whole) {
    return (FloatVector) whole.convertShape(I2F, Lanes.FLOATS, 0);
  }

  private static VectorMask<Float> bit(IntVector whole, int bit) {
    return whole.and(bit).compare(NE, 0).cast(Lanes.FLOATS);
  }

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(Lanes.FLOATS, value);
  }
}
