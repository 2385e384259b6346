package dev.annulus.ring.simulation;

import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.simulated.SimulatedNetwork;
import dev.annulus.ring.RingPass;
import java.util.SplittableRandom;

/**
 * One rank that never blocks: it asks its pass whether a step can begin, whenever something has
 * become of its transfers, and awaits it only when it can, or at the deadline. The data of a step
 * are worked on at the beginning or at the end of the time that it takes, by chance: nothing may
 * depend on which.
 */
final class SimulatedRank {
  private final int rank;
  private final SimulatedNetwork network;
  private final Link link;
  private final RankWork work;
  private final long timeoutNs;
  private final SplittableRandom random;
  private RingPass pass;
  private int passNumber = -1;
  private int step;
  private boolean waiting;
  private long waitingSinceNs;
  private long longestWaitNs;
  private long waits;
  private long hungUntilNs;
  private RankEnd end;

  SimulatedRank(
      SimulatedNetwork network, Link link, RankWork work, long timeoutNs, SplittableRandom random) {
    this.rank = link.rank();
    this.network = network;
    this.link = link;
    this.work = work;
    this.timeoutNs = timeoutNs;
    this.random = random;
  }

  /** How it ended; null while it goes on. */
  RankEnd end() {
    return end;
  }

  void start() {
    network.onHost(rank, 0, this::nextPass);
  }

  /** Its transfers may have ended. */
  void changed() {
    if (waiting && hungForNs() == 0) {
      tryStep();
    }
  }

  void hang(long durationNs) {
    hungUntilNs = Math.max(hungUntilNs, nowNs() + durationNs);
    network.onHost(rank, durationNs, this::changed);
  }

  void died() {
    if (end == null) {
      end(null, true);
    }
  }

  private void nextPass() {
    passNumber++;
    if (passNumber == work.passes().size()) {
      end(null, false);
      return;
    }
    pass = work.passes().get(passNumber).get();
    step = 0;
    awaitStep();
  }

  private void awaitStep() {
    if (step == pass.steps()) {
      nextPass();
      return;
    }
    waiting = true;
    waitingSinceNs = nowNs();
    long wait = ++waits;
    network.onHost(rank, timeoutNs, () -> deadline(wait));
    tryStep();
  }

  private void tryStep() {
    try {
      if (pass.isReady(step)) {
        begin();
      }
    } catch (LinkException failure) {
      end(failure, false);
    }
  }

  private void deadline(long wait) {
    if (!waiting || wait != waits) {
      return;
    }
    if (hungForNs() > 0) {
      network.onHost(rank, hungForNs(), () -> deadline(wait));
      return;
    }
    try {
      pass.await(step);
      begin();
    } catch (LinkException failure) {
      end(failure, false);
    }
  }

  private void begin() {
    waiting = false;
    longestWaitNs = Math.max(longestWaitNs, nowNs() - waitingSinceNs);
    pass.await(step);
    pass.begin(step);
    boolean atOnce = random.nextBoolean();
    if (atOnce) {
      pass.compute(step);
    }
    network.onHost(rank, work.durationNs().of(passNumber, step), () -> computed(atOnce));
  }

  private void computed(boolean already) {
    if (end != null) {
      return;
    }
    long hungNs = hungForNs();
    if (hungNs > 0) {
      network.onHost(rank, hungNs, () -> computed(already));
      return;
    }
    if (!already) {
      pass.compute(step);
    }
    step++;
    awaitStep();
  }

  private void end(LinkException failure, boolean died) {
    waiting = false;
    if (failure != null) {
      longestWaitNs = Math.max(longestWaitNs, nowNs() - waitingSinceNs);
    }
    end = new RankEnd(rank, failure, died, nowNs(), longestWaitNs);
    if (!died) {
      link.close();
    }
  }

  private long hungForNs() {
    return Math.max(0, hungUntilNs - nowNs());
  }

  private long nowNs() {
    return network.time().nowNs();
  }
}
