package dev.annulus.trainer.train;

import dev.annulus.trainer.checkpoint.CheckpointFile;
import dev.annulus.trainer.checkpoint.CheckpointStore;
import dev.annulus.trainer.checkpoint.DamagedCheckpointException;
import dev.annulus.trainer.checkpoint.FolderReader;
import java.util.List;

/** Passes everything on, but for what a test does about it. */
class PassingStore implements CheckpointStore {
  private final CheckpointStore target;

  PassingStore(CheckpointStore target) {
    this.target = target;
  }

  @Override
  public String location() {
    return target.location();
  }

  @Override
  public List<Long> steps() {
    return target.steps();
  }

  @Override
  public void prepare(long step) {
    target.prepare(step);
  }

  @Override
  public void writePart(long step, int part, List<CheckpointFile> files) {
    target.writePart(step, part, files);
  }

  @Override
  public boolean hasParts(long step, int parts) {
    return target.hasParts(step, parts);
  }

  @Override
  public void commit(long step, int parts) {
    target.commit(step, parts);
  }

  @Override
  public void abandon(long step) {
    target.abandon(step);
  }

  @Override
  public <T> T read(long step, FolderReader<T> reader) throws DamagedCheckpointException {
    return target.read(step, reader);
  }

  @Override
  public void setAside(long step) {
    target.setAside(step);
  }

  @Override
  public void keepNewest(int count) {
    target.keepNewest(count);
  }
}
