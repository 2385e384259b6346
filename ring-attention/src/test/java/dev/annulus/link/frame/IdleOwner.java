package dev.annulus.link.frame;

import java.util.concurrent.TimeUnit;

/** A link that is never asked for more than its name. */
public final class IdleOwner implements FramedTransfer.Owner {
  @Override
  public int rank() {
    return 1;
  }

  @Override
  public long timeoutNs() {
    return TimeUnit.SECONDS.toNanos(5);
  }

  @Override
  public boolean cancelled() {
    return false;
  }

  @Override
  public Throwable failure() {
    return null;
  }

  @Override
  public String connection(int peer, boolean sending) {
    return "";
  }

  @Override
  public void abandon() {}
}
