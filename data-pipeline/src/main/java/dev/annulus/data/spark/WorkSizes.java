package dev.annulus.data.spark;

import java.util.OptionalLong;

/**
 * How the work is divided.
 *
 * @param windowTokens of the packer; empty: what suits the rows. Decides the rows
 * @param splitBytes of the largest part of a file that one task reads; decides nothing
 * @param maxPartitions of the packing; decides nothing
 */
record WorkSizes(OptionalLong windowTokens, long splitBytes, int maxPartitions) {
  static final WorkSizes DEFAULT = new WorkSizes(OptionalLong.empty(), 32L << 20, 4096);
}
