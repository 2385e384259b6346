package dev.annulus.trainer.merge;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at all values of one tensor before anything is merged: is every number finite, what is its
 * hash, how long are the task vectors and how do they lie to each other.
 *
 * @param base folder
 * @param models folders
 * @param stateFile running tensors of this weight so far, or null
 */
record ScanTask(MergeTensor tensor, String base, List<MergeModel> models, String stateFile)
    implements TensorTask<ScanTask.Found> {
  ScanTask {
    models = new ArrayList<>(models);
  }

  /**
   * What is in one folder's tensor.
   *
   * @param sha256 of its bytes, type and shape
   * @param notFinite numbers that are NaN or infinite
   * @param firstNotFinite index of the first of them
   */
  record Content(String sha256, long notFinite, long firstNotFinite) implements Serializable {}

  /**
   * What was found.
   *
   * @param contents of the base, then of the models
   * @param products inner products of the task vectors, [models, models] row-major
   * @param stateSha256 of the state's file, or null without one
   */
  record Found(ArrayList<Content> contents, double[] products, String stateSha256)
      implements Serializable {}

  @Override
  public long bytes() {
    return tensor.size() * (1 + models.size());
  }

  @Override
  public Found run() throws IOException {
    try (OpenFolders folders = new OpenFolders()) {
      ArrayList<Content> contents = new ArrayList<>();
      List<Elements> vectors = new ArrayList<>();
      contents.add(content(folders.tensor(base, tensor.name())));
      for (MergeModel model : models) {
        StoredElements stored = folders.tensor(model.folder(), tensor.name());
        contents.add(content(stored));
        vectors.add(new TaskVector(stored, folders.tensor(model.origin(), tensor.name())));
      }
      return new Found(contents, products(vectors), stateHash());
    }
  }

  private static Content content(StoredElements stored) {
    MessageDigest digest = Hashes.digest();
    digest.update(
        (stored.tensor().type() + " " + stored.tensor().shape()).getBytes(StandardCharsets.UTF_8));
    Hashes.update(digest, stored.file().bytes(stored.tensor()));
    long[] notFinite = {0, -1};
    double[] values = new double[Elements.STRETCH];
    Elements.forEachStretch(
        stored.size(),
        (start, count) -> {
          stored.read(start, values, count);
          for (int i = 0; i < count; i++) {
            if (!Double.isFinite(values[i])) {
              notFinite[1] = notFinite[0]++ == 0 ? start + i : notFinite[1];
            }
          }
        });
    return new Content(Hashes.hex(digest), notFinite[0], notFinite[1]);
  }

  private double[] products(List<Elements> vectors) {
    int n = vectors.size();
    double[] products = new double[n * n];
    double[][] values = new double[n][Elements.STRETCH];
    Elements.forEachStretch(
        tensor.size(),
        (start, count) -> {
          for (int a = 0; a < n; a++) {
            vectors.get(a).read(start, values[a], count);
            for (int b = 0; b <= a; b++) {
              products[a * n + b] += Elements.dot(values[a], values[b], count);
            }
          }
        });
    for (int a = 0; a < n; a++) {
      for (int b = 0; b < a; b++) {
        products[b * n + a] = products[a * n + b];
      }
    }
    return products;
  }

  private String stateHash() throws IOException {
    if (stateFile == null) {
      return null;
    }
    MessageDigest digest = Hashes.digest();
    try (var in = Files.newInputStream(Path.of(stateFile))) {
      byte[] piece = new byte[1 << 20];
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        digest.update(piece, 0, read);
      }
    }
    return Hashes.hex(digest);
  }
}
