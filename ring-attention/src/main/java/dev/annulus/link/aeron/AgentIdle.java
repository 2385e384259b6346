package dev.annulus.link.aeron;

import dev.annulus.config.TransportSettings;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * What the agent does when there was nothing to do: it spins and yields for a moment, then sleeps
 * longer and longer, so that workers have the cores. While a transfer waits it sleeps at most
 * {@link #WAITING_NS}, which bounds what a frame from another process can be late; else at most
 * {@link #RESTING_NS}. A worker that hands over a transfer wakes it at once. Where it was told to
 * yield or to spin it does only that.
 */
final class AgentIdle {
  private final TransportSettings.Idle kind;
  static final long WAITING_NS = TimeUnit.MICROSECONDS.toNanos(100);
  static final long RESTING_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long SHORTEST_NS = TimeUnit.MICROSECONDS.toNanos(10);
  private static final int SPINS = 20;
  private static final int YIELDS = 10;

  /**
   * How long it yields before it sleeps while a transfer is under way: the other side answers
   * sooner than a sleep ends, which costs some 60 microseconds however short it is.
   */
  private static final long YIELDING_NS = TimeUnit.MICROSECONDS.toNanos(250);

  private int idleTurns;
  private long idleSinceNs;
  private long sleepNs = SHORTEST_NS;

  private AgentIdle(TransportSettings.Idle kind) {
    this.kind = kind;
  }

  static AgentIdle of(TransportSettings.Idle kind) {
    return new AgentIdle(kind);
  }

  /** The like for a thread of a media driver, which does not know who waits. */
  static IdleStrategy ofDriver(TransportSettings.Idle kind) {
    return switch (kind) {
      case BACKOFF -> new BackoffIdleStrategy(SPINS, YIELDS, SHORTEST_NS, WAITING_NS);
      case YIELDING -> YieldingIdleStrategy.INSTANCE;
      case BUSY_SPIN -> BusySpinIdleStrategy.INSTANCE;
    };
  }

  void worked() {
    idleTurns = 0;
    sleepNs = SHORTEST_NS;
  }

  // Yielding is a hint here, and a good one where workers outnumber cores.
  @SuppressWarnings("ThreadPriorityCheck")
  void idle(boolean waiting) {
    if (idleTurns++ == 0) {
      idleSinceNs = System.nanoTime();
    }
    if (kind == TransportSettings.Idle.YIELDING) {
      Thread.yield();
    } else if (idleTurns <= SPINS || kind == TransportSettings.Idle.BUSY_SPIN) {
      Thread.onSpinWait();
    } else if (waiting
        ? System.nanoTime() - idleSinceNs < YIELDING_NS
        : idleTurns <= SPINS + YIELDS) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(this, sleepNs);
      sleepNs = Math.min(2 * sleepNs, waiting ? WAITING_NS : RESTING_NS);
    }
  }
}
