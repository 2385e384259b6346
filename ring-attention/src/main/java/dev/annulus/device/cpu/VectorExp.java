package dev.annulus.device.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The exponential of a vector of floats, within 1 ulp, to zero below -87.33 (no denormals) and to
 * infinity above 88.37.
 *
 * <p>Cody-Waite reduction to |r| &lt;= ln2 / 2 and a polynomial of degree 6 whose relative error is
 * 3.1e-9 (minimax, by Remez exchange). Not the Vector API's own EXP: that calls another library
 * compiled than interpreted, so that the same numbers could give other bits.
 */
public final class VectorExp {
  private static final float LOWEST = -87.33f;
  private static final float HIGHEST = 88.37f;
  private static final float LOG2_E = (float) 1.4426950408889634;
  private static final float LN2_HIGH = 355f / 512; // few bits: n times it is exact
  private static final float LN2_LOW = (float) (0.6931471805599453 - 355.0 / 512);

  /** 1.5 * 2^23: adding it rounds to an integer, which is then in the low bits. */
  private static final float ROUNDER = 12582912f;

  private static final float C2 = 0.49999994f;
  private static final float C3 = 0.16666521f;
  private static final float C4 = 0.04166839f;
  private static final float C5 = 0.008368745f;
  private static final float C6 = 0.001381454f;

  private VectorExp() {}

  /** e^x of each lane; a NaN stays NaN. */
  public static FloatVector exp(FloatVector x) {
    VectorSpecies<Float> species = x.species();
    FloatVector high = FloatVector.broadcast(species, HIGHEST);
    var overflows = x.compare(VectorOperators.GT, high);
    return ofProbability(x).blend(Float.POSITIVE_INFINITY, overflows);
  }

  /**
   * e^x where x is the logarithm of a share of a sum, so never above 0 by more than rounding; a NaN
   * stays NaN, and anything above 88.37 gives no meaningful number. Cheaper than {@link #exp}.
   */
  public static FloatVector ofProbability(FloatVector x) {
    VectorSpecies<Float> species = x.species();
    // Lanes below the lowest go through the arithmetic with whatever comes out, and become 0.
    var vanishes = x.compare(VectorOperators.LT, LOWEST);
    FloatVector rounder = FloatVector.broadcast(species, ROUNDER);
    FloatVector shifted = x.fma(FloatVector.broadcast(species, LOG2_E), rounder);
    FloatVector n = shifted.sub(rounder);
    FloatVector r = n.fma(FloatVector.broadcast(species, -LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(species, -LN2_LOW), r);
    FloatVector p = r.fma(FloatVector.broadcast(species, C6), FloatVector.broadcast(species, C5));
    p = p.fma(r, FloatVector.broadcast(species, C4));
    p = p.fma(r, FloatVector.broadcast(species, C3));
    p = p.fma(r, FloatVector.broadcast(species, C2));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector power = exponent.add(0x3F800000).reinterpretAsFloats();
    return p.mul(power).blend(0f, vanishes);
  }
}
