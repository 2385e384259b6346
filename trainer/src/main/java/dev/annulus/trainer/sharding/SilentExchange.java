package dev.annulus.trainer.sharding;

import dev.annulus.collective.Parts;
import dev.annulus.device.Tensor;

/** For a device that only counts. */
record SilentExchange(int rank, int size) implements RangeExchange {
  @Override
  public void allGather(Tensor tensor, Parts parts, long step) {
    // Nobody is there.
  }

  @Override
  public void reduceScatterSum(Tensor tensor, Parts parts, long step) {
    // Nobody is there.
  }

  @Override
  public void broadcast(Tensor tensor, long step) {
    // Nobody is there.
  }
}
