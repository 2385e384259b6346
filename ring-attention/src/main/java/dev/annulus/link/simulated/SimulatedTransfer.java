package dev.annulus.link.simulated;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import dev.annulus.link.Transfer;
import dev.annulus.link.frame.FramedTransfer;

/**
 * A message that a rank has named. Awaiting it never waits: time stands still while anybody acts,
 * so who asks for what is not there has waited until the deadline.
 *
 * @param deadlineNs what the deadline was, for the error
 */
record SimulatedTransfer(FramedTransfer framed, boolean sending, long deadlineNs)
    implements Transfer {
  @Override
  public boolean isDone() {
    return framed.isDone();
  }

  @Override
  public long await() {
    if (!framed.isDone()) {
      long bytes = framed.bytes().byteSize();
      framed.fail(Reason.TIMEOUT, Links.silence(sending, bytes, deadlineNs), null);
    }
    return framed.await();
  }

  @Override
  public boolean await(long atMostNs) {
    await();
    return true;
  }
}
