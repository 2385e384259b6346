package dev.annulus.trainer.train;

import dev.annulus.link.Link;

/**
 * As the last of several resources: closes the link before their memory is freed, unless all went
 * well. Transfers that a failure left under way read and write that memory.
 */
final class CloseOnFailure implements AutoCloseable {
  private final Link link;
  private boolean succeeded;

  CloseOnFailure(Link link) {
    this.link = link;
  }

  void succeeded() {
    succeeded = true;
  }

  @Override
  public void close() {
    if (!succeeded) {
      link.close();
    }
  }
}
