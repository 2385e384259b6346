package dev.annulus.trainer.train;

import java.util.HexFormat;

/** Checks that all ranks hold the same value, by its hash. */
final class RankAgreement {
  /** Hex digits that are compared: 48 bits, which a double carries exactly. */
  private static final int DIGITS = 12;

  private RankAgreement() {}

  /**
   * Compares a hash over all ranks; every rank takes part.
   *
   * @param what for the error's message
   * @param sha256 in hex
   * @throws RankDisagreementException on every rank, naming the hash of each, if they differ
   */
  static void check(TensorCollectives world, String what, String sha256, long step) {
    double[] slots = new double[world.size()];
    slots[world.rank()] = HexFormat.fromHexDigitsToLong(sha256.substring(0, DIGITS));
    double[] all = world.allReduceSum(slots, step);
    boolean same = true;
    StringBuilder hashes = new StringBuilder();
    for (int rank = 0; rank < all.length; rank++) {
      same &= all[rank] == all[0];
      hashes.append(rank == 0 ? "" : ", ").append("rank ").append(rank).append(": ");
      hashes.append("%012x".formatted((long) all[rank]));
    }
    if (!same) {
      throw new RankDisagreementException(
          "the ranks do not agree about the " + what + " at step " + step + ": " + hashes);
    }
  }
}
