package dev.annulus.spark.doctor.cluster;

import java.util.List;

/** Where all workers come together and hear what each has said, in the order of their ranks. */
@FunctionalInterface
interface Gathering {
  List<String> all(String said);
}
