package dev.annulus.trainer.merge;

import java.io.IOException;
import java.io.Serializable;

/** A piece of work on one tensor that any machine can do which sees the folders. */
public interface TensorTask<R extends Serializable> extends Serializable {
  /** What it reads and writes, for progress and for the order of the work. */
  long bytes();

  /** Does it; doing it again gives the same. */
  R run() throws IOException;
}
