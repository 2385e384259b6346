package dev.annulus.trainer.merge;

/** What a model changed: its weights less those it started from, in fp64. */
final class TaskVector implements Elements {
  private final Elements model;
  private final Elements origin;
  private double[] from = new double[STRETCH];

  TaskVector(Elements model, Elements origin) {
    if (model.size() != origin.size()) {
      throw new IllegalArgumentException(model.size() + " elements less " + origin.size());
    }
    this.model = model;
    this.origin = origin;
  }

  @Override
  public long size() {
    return model.size();
  }

  @Override
  public void read(long start, double[] into, int count) {
    if (from.length < count) {
      from = new double[count];
    }
    model.read(start, into, count);
    origin.read(start, from, count);
    for (int i = 0; i < count; i++) {
      into[i] -= from[i];
    }
  }
}
