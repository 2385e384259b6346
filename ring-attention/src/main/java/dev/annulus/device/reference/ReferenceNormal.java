package dev.annulus.device.reference;

import dev.annulus.device.Threefry;

/**
 * Standard normal numbers as a function of (key, i): Box and Muller's two from one pair of uniform
 * ones. Elements come in blocks of 32; 16 counters make each, the cosine for the first half, the
 * sine for the second. Uniform numbers have 24 bits, so none lies beyond 5.77.
 */
public final class ReferenceNormal {
  private static final int HALF = 16;

  private ReferenceNormal() {}

  /** Element i, from 0. */
  public static double at(long key, long i) {
    long bits = Threefry.bits(key, (i / (2 * HALF)) * HALF + i % HALF);
    double radius = Math.sqrt(-2 * Math.log((((int) bits >>> 8) + 1) * 0x1p-24));
    double angle = 2 * Math.PI * ((int) (bits >>> 32) >>> 8) * 0x1p-24;
    return radius * (i % (2 * HALF) < HALF ? Math.cos(angle) : Math.sin(angle));
  }

  /** See {@link dev.annulus.device.Kernels#addNormal}. */
  public static double[] add(double[] x, double keep, double factor, long key) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = keep * x[i] + factor * at(key, i);
    }
    return y;
  }
}
