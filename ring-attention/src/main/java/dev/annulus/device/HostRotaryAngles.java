package dev.annulus.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

/** The rotary table on tensors of the host; see {@link Kernels#rotaryAngles}. */
final class HostRotaryAngles {
  private HostRotaryAngles() {}

  static void fill(Tensor positions, Tensor frequencies, Tensor cos, Tensor sin) {
    for (long t = 0; t < cos.rows(); t++) {
      int position = positions.memory().getAtIndex(JAVA_INT, t);
      for (long i = 0; i < cos.columns(); i++) {
        float angle = position * frequencies.memory().getAtIndex(JAVA_FLOAT, i);
        cos.memory().setAtIndex(JAVA_FLOAT, t * cos.columns() + i, (float) Math.cos(angle));
        sin.memory().setAtIndex(JAVA_FLOAT, t * cos.columns() + i, (float) Math.sin(angle));
      }
    }
  }
}
