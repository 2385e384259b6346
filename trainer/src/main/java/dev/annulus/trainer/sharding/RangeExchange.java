package dev.annulus.trainer.sharding;

import dev.annulus.collective.Parts;
import dev.annulus.device.Tensor;

/** What ranks do together with tensors that are cut into a part for each of them. */
public interface RangeExchange {
  /** This rank, from 0. */
  int rank();

  /** Number of ranks. */
  int size();

  /**
   * Collective: replaces each part of an fp32 tensor by what the rank that owns it holds there.
   *
   * @param step named in errors
   */
  void allGather(Tensor tensor, Parts parts, long step);

  /**
   * Collective: replaces this rank's part by its sum over the ranks, in their order; the other
   * parts mean nothing afterwards.
   */
  void reduceScatterSum(Tensor tensor, Parts parts, long step);

  /** Collective: rank 0's tensor to all. */
  void broadcast(Tensor tensor, long step);

  /** A rank that is alone with its measuring: nothing is sent, nothing arrives. */
  static RangeExchange silent(int rank, int size) {
    return new SilentExchange(rank, size);
  }
}
