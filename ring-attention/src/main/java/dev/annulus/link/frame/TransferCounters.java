package dev.annulus.link.frame;

import dev.annulus.link.LinkCounters;
import dev.annulus.link.MessageTag;
import java.util.concurrent.atomic.AtomicLong;

/** What went through a link; greetings are the link's own and not counted. Any thread counts. */
public final class TransferCounters {
  private final AtomicLong bytesSent = new AtomicLong();
  private final AtomicLong bytesReceived = new AtomicLong();
  private final AtomicLong messagesSent = new AtomicLong();

  /** A whole message was handed over. */
  public void countSent(MessageTag tag, long bytes) {
    if (tag.kind() != MessageTag.Kind.HELLO) {
      bytesSent.addAndGet(bytes);
      messagesSent.incrementAndGet();
    }
  }

  /** A whole message has arrived. */
  public void countReceived(long bytes) {
    bytesReceived.addAndGet(bytes);
  }

  /** As of now. */
  public LinkCounters read() {
    return new LinkCounters(bytesSent.get(), bytesReceived.get(), messagesSent.get());
  }
}
