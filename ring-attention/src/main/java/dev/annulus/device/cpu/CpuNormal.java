package dev.annulus.device.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.NE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * y = keep x + factor z, z the standard normal numbers of {@link
 * dev.annulus.device.reference.ReferenceNormal}. Only operations that IEEE 754 rounds one way
 * (sums, products, fma, quotients, roots), in the order of {@code normal.cu}, so that GPUs give the
 * same bits.
 */
final class CpuNormal {
  /** Counters, and so elements, of half a block. */
  private static final int HALF = 16;

  /** Counters whose numbers stay in the cache between the loops. */
  private static final int CHUNK = 1024;

  /** The bits of sqrt(1/2): mantissas lie from it to its double. */
  private static final int ROOT_OF_HALF = 0x3f3504f3;

  private static final float LN2 = (float) Math.log(2);
  private static final float TURN = (float) (2 * Math.PI * 0x1p-24);

  /** Random bits, then radius times cosine and sine. */
  private final int[] x0 = new int[CHUNK];

  private final int[] x1 = new int[CHUNK];
  private final float[] radius = new float[CHUNK];
  private final float[] cosine = new float[CHUNK];
  private final float[] sine = new float[CHUNK];

  private CpuNormal() {}

  /**
   * Elements {@code from} to {@code to} of the n of both memories.
   *
   * @param from a multiple of 32
   */
  static void add(
      MemorySegment x, float keep, float factor, long key, MemorySegment y, long from, long to) {
    CpuNormal normal = new CpuNormal();
    for (long first = from; first < to; first += 2 * CHUNK) {
      int blocks = (int) Math.min(CHUNK / HALF, Math.ceilDiv(to - first, 2L * HALF));
      int counters = blocks * HALF;
      CpuThreefry.fill(key, first / 2, normal.x0, normal.x1, counters);
      normal.radii(counters);
      normal.angles(counters);
      for (int block = 0; block < blocks; block++) {
        long element = first + block * 2L * HALF;
        combine(x, keep, factor, normal.cosine, block * HALF, y, element, to);
        combine(x, keep, factor, normal.sine, block * HALF, y, element + HALF, to);
      }
    }
  }

  /** sqrt(-2 ln u), u of the upper 24 bits, in (0, 1]; ln m = 2 artanh((m - 1) / (m + 1)). */
  private void radii(int n) {
    for (int i = 0; i < n; i += Lanes.WIDTH) {
      IntVector bits = IntVector.fromArray(CpuThreefry.INTS, x0, i);
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
      logarithm.mul(-2f).sqrt().intoArray(radius, i);
    }
  }

  /** Radius times cosine and sine of the upper 24 bits as a share of a turn. */
  private void angles(int n) {
    for (int i = 0; i < n; i += Lanes.WIDTH) {
      IntVector turn = IntVector.fromArray(CpuThreefry.INTS, x1, i).lanewise(LSHR, 8);
      IntVector quarter = turn.add(1 << 21).lanewise(LSHR, 22);
      FloatVector angle = floats(turn.sub(quarter.lanewise(LSHL, 22))).mul(TURN);
      FloatVector square = angle.mul(angle);
      FloatVector c = square.fma(constant(-1f / 3_628_800), constant(1f / 40_320));
      c = square.fma(c, constant(-1f / 720));
      c = square.fma(c, constant(1f / 24));
      c = square.fma(c, constant(-1f / 2));
      c = square.fma(c, constant(1f));
      FloatVector s = square.fma(constant(1f / 362_880), constant(-1f / 5040));
      s = square.fma(s, constant(1f / 120));
      s = square.fma(s, constant(-1f / 6));
      s = angle.mul(square).fma(s, angle);
      // cos: c, -s, -c, s by quarters; sin: s, c, -s, -c.
      VectorMask<Float> odd = bit(quarter, 1);
      FloatVector ofCosine = c.blend(s, odd);
      FloatVector ofSine = s.blend(c, odd);
      FloatVector r = FloatVector.fromArray(Lanes.FLOATS, radius, i);
      FloatVector first = ofCosine.blend(ofCosine.neg(), bit(quarter.add(1), 2));
      FloatVector second = ofSine.blend(ofSine.neg(), bit(quarter, 2));
      r.mul(first).intoArray(cosine, i);
      r.mul(second).intoArray(sine, i);
    }
  }

  /** The 16 elements from {@code index} on, as far as they are below {@code end}. */
  private static void combine(
      MemorySegment x,
      float keep,
      float factor,
      float[] z,
      int zIndex,
      MemorySegment y,
      long index,
      long end) {
    FloatVector factors = constant(factor);
    for (int lane = 0; lane < HALF && index + lane < end; lane += Lanes.WIDTH) {
      FloatVector zs = FloatVector.fromArray(Lanes.FLOATS, z, zIndex + lane);
      long at = index + lane;
      if (at + Lanes.WIDTH <= end) {
        Lanes.store(factors.fma(zs, Lanes.load(x, at).mul(keep)), y, at);
      } else {
        VectorMask<Float> tail = Lanes.tail(at, end);
        Lanes.store(factors.fma(zs, Lanes.load(x, at, tail).mul(keep)), y, at, tail);
      }
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
