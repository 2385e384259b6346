package dev.annulus.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How numbers of one type are added in place: {@code own = incoming + own}. */
interface Adder {
  Adder FLOATS =
      (incoming, own) -> {
        long count = own.byteSize() / Float.BYTES;
        for (long i = 0; i < count; i++) {
          float sum =
              incoming.getAtIndex(ValueLayout.JAVA_FLOAT, i)
                  + own.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          own.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum);
        }
      };

  Adder DOUBLES =
      (incoming, own) -> {
        long count = own.byteSize() / Double.BYTES;
        for (long i = 0; i < count; i++) {
          double sum =
              incoming.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
                  + own.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
          own.setAtIndex(ValueLayout.JAVA_DOUBLE, i, sum);
        }
      };

  /** As many numbers in both. */
  void add(MemorySegment incoming, MemorySegment own);
}
