package dev.annulus.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/** The rotary table on tensors of the host; see {@link Kernels#rotaryAngles}. */
final class HostRotaryAngles {
  private HostRotaryAngles() {}

  static void fill(
      Tensor positions, Tensor frequencies, Tensor rows, float magnitude, Tensor cos, Tensor sin) {
    long half = cos.columns();
    for (long t = 0; t < cos.rows(); t++) {
      int position = positions.memory().getAtIndex(JAVA_INT, t);
      long first = rows.memory().getAtIndex(JAVA_INT, t) * half;
      for (long i = 0; i < half; i++) {
        float angle = position * frequencies.memory().getAtIndex(JAVA_FLOAT, first + i);
        float c = (float) Math.cos(angle) * magnitude;
        float s = (float) Math.sin(angle) * magnitude;
        cos.memory().setAtIndex(JAVA_FLOAT, t * half + i, c);
        sin.memory().setAtIndex(JAVA_FLOAT, t * half + i, s);
      }
    }
  }
}
