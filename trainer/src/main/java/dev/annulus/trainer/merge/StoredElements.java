package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.SafetensorsFile;
import dev.annulus.trainer.huggingface.StoredTensor;
import dev.annulus.trainer.huggingface.WeightFiles;

/** A tensor in a mapped file. */
record StoredElements(SafetensorsFile file, StoredTensor tensor) implements Elements {
  static StoredElements of(WeightFiles files, String name) {
    WeightFiles.Located located = files.tensors().get(name);
    return new StoredElements(located.file(), located.tensor());
  }

  @Override
  public long size() {
    return tensor.size();
  }

  @Override
  public void read(long start, double[] into, int count) {
    file.toDoubles(tensor, start, count, into);
  }
}
