package dev.annulus.spark.storage;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ModelSettings;
import dev.annulus.data.tokenizer.TokenizerFiles;
import dev.annulus.data.tokenizer.TokenizerSpec;
import dev.annulus.trainer.huggingface.DurableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * A model's folder on this machine: the one that was named, or a copy of it in the temporary folder
 * that is deleted when this is closed.
 *
 * @param folder to read
 * @param isCopy whether it goes with this
 */
public record ModelCopy(Path folder, boolean isCopy) implements AutoCloseable {
  private static final String TOKENIZER = "/" + TokenizerFiles.MAIN;

  /** How much of a folder is needed. */
  @FunctionalInterface
  private interface Extent {
    void copy(RemoteModel model, Path target) throws IOException;
  }

  /**
   * All of it.
   *
   * @throws InvalidInputException if it is not there, or cannot be read
   */
  public static ModelCopy whole(String location, Configuration hadoop) {
    return of(location, hadoop, RemoteModel::copy);
  }

  /** What says which weights it has, but not their values. */
  public static ModelCopy outline(String location, Configuration hadoop) {
    return of(location, hadoop, RemoteModel::outline);
  }

  /**
   * A tokeniser.
   *
   * @param location as {@link TokenizerSpec#read} takes it, or the same on another file system
   */
  public static TokenizerSpec tokenizer(String location, Configuration hadoop) {
    if (!Location.isRemote(location)) {
      return TokenizerSpec.read(location);
    }
    String folder =
        location.endsWith(TOKENIZER)
            ? location.substring(0, location.length() - TOKENIZER.length())
            : location;
    try (ModelCopy copy = of(folder, hadoop, RemoteModel::small)) {
      TokenizerFiles files = TokenizerFiles.read(copy.folder());
      return TokenizerSpec.of(new TokenizerFiles(location, files.contents()));
    }
  }

  /** The settings with this folder as the model's. */
  public ModelSettings in(ModelSettings settings) {
    return new ModelSettings(
        Optional.of(folder.toString()), settings.tokenizer(), settings.config());
  }

  private static ModelCopy of(String location, Configuration hadoop, Extent extent) {
    if (!Location.isRemote(location)) {
      return new ModelCopy(Location.local(location), false);
    }
    Path copy;
    try {
      copy = Files.createTempDirectory(RemoteRunOutput.temporary(), "annulus-model-");
    } catch (IOException e) {
      throw new UncheckedIOException("making a folder for a copy of " + location, e);
    }
    ModelCopy made = new ModelCopy(copy, true);
    try {
      Optional<RemoteModel> model = RemoteModel.find(location, hadoop);
      if (model.isEmpty()) {
        throw new InvalidInputException(location, "no such folder", "a Hugging Face model folder");
      }
      extent.copy(model.get(), copy);
      return made;
    } catch (IOException | RuntimeException e) {
      made.close();
      throw e instanceof InvalidInputException wrong ? wrong : unreadable(location, e);
    }
  }

  private static InvalidInputException unreadable(String location, Exception e) {
    return new InvalidInputException(
        location, "cannot be read: " + StorageCalls.firstLine(e), "a Hugging Face model folder", e);
  }

  @Override
  public void close() {
    if (isCopy) {
      try {
        DurableFiles.deleteTree(folder);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + folder, e);
      }
    }
  }
}
