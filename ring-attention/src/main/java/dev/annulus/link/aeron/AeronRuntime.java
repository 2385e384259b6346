package dev.annulus.link.aeron;

import dev.annulus.link.TransportUnavailableException;
import io.aeron.Aeron;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The media driver of one stream, the Aeron client and the thread that runs all of the stream's
 * sending and receiving: one for all endpoints of a process that want the same options, started
 * with the first and stopped after the last.
 */
final class AeronRuntime {
  private static final System.Logger LOG = System.getLogger(AeronRuntime.class.getName());
  private static final Map<Key, AeronRuntime> RUNNING = new HashMap<>();
  private static final long CALL_NS = TimeUnit.SECONDS.toNanos(30);
  private static final long STOP_MS = TimeUnit.NANOSECONDS.toMillis(Liveness.LINGER_NS) + 5_000;

  private record Key(DriverOptions options, int stream) {}

  private final UUID id = UUID.randomUUID();
  private final EmbeddedAeron aeron;
  private final AgentIdle idle;
  private final Thread agent;
  private final Thread shutdownHook;
  private final AtomicInteger streams = new AtomicInteger(1000);
  private final ConcurrentLinkedQueue<Command<?>> commands = new ConcurrentLinkedQueue<>();

  /** Touched by the agent only. */
  private final List<AeronStream> polled = new ArrayList<>();

  /** Streams to peers that will not receive the rest any more; touched by the agent only. */
  private final Set<Long> hopeless = new HashSet<>();

  private volatile boolean stopping;
  private volatile long lingerNs = Liveness.LINGER_NS;
  private volatile Throwable failure;

  /** Guarded by {@link #RUNNING}. */
  private int users;

  /** Something to be done on the agent's thread, and what comes of it. */
  private record Command<T>(Callable<T> work, CompletableFuture<T> result) {
    void run() {
      try {
        result.complete(work.call());
      } catch (Exception e) {
        result.completeExceptionally(e);
      }
    }
  }

  private AeronRuntime(Key key) {
    this.aeron = new EmbeddedAeron(key.options(), id, AeronRuntime::log);
    this.idle = AgentIdle.of(key.options().idle());
    this.agent =
        Thread.ofPlatform().name("annulus-link-" + key.stream()).daemon(true).unstarted(this::run);
    this.shutdownHook = Thread.ofPlatform().name("annulus-link-stop").unstarted(this::stopAtExit);
  }

  /** The runtime of a stream with these options; to be given back by {@link #release}. */
  static AeronRuntime acquire(DriverOptions options, int stream) {
    Key key = new Key(options, stream);
    synchronized (RUNNING) {
      AeronRuntime runtime = RUNNING.get(key);
      if (runtime == null || runtime.failure != null) {
        runtime = new AeronRuntime(key);
        Runtime.getRuntime().addShutdownHook(runtime.shutdownHook);
        runtime.agent.start();
        RUNNING.put(key, runtime);
      }
      runtime.users++;
      return runtime;
    }
  }

  /**
   * Gives them back. The last user waits until peers have received what was sent, five seconds at
   * most, and stops them.
   */
  static void release(List<AeronRuntime> runtimes) {
    List<AeronRuntime> last = new ArrayList<>();
    synchronized (RUNNING) {
      for (AeronRuntime runtime : runtimes) {
        if (--runtime.users == 0) {
          RUNNING.values().remove(runtime);
          last.add(runtime);
        }
      }
    }
    last.forEach(AeronRuntime::askToStop);
    last.forEach(AeronRuntime::awaitStop);
    for (AeronRuntime runtime : last) {
      try {
        Runtime.getRuntime().removeShutdownHook(runtime.shutdownHook);
      } catch (IllegalStateException e) {
        LOG.log(System.Logger.Level.DEBUG, "the process is ending and runs the hook itself", e);
      }
    }
  }

  /** Those of this process that run now. */
  static List<AeronRuntime> running() {
    synchronized (RUNNING) {
      return List.copyOf(RUNNING.values());
    }
  }

  /** Names this driver among those of all processes. */
  UUID id() {
    return id;
  }

  /** Where this driver's files are. */
  Path directory() {
    return aeron.directory();
  }

  /** A stream no other endpoint of this driver has. */
  int newStream() {
    return streams.incrementAndGet();
  }

  /** Only for commands, on the agent's thread. */
  Aeron aeron() {
    return aeron.client();
  }

  /** Why it stopped by itself; null while it runs. */
  Throwable failure() {
    return failure;
  }

  /** Only for commands: starts to serve a link's stream. */
  void add(AeronStream stream) {
    polled.add(stream);
  }

  /** Only for commands. */
  void remove(AeronStream stream) {
    polled.remove(stream);
  }

  /** Only for commands: nobody receives what this stream still holds. */
  void expectNothingOf(long registrationId) {
    hopeless.add(registrationId);
  }

  /** There is something new to do. */
  void wake() {
    LockSupport.unpark(agent);
  }

  /**
   * Runs a command on the agent's thread and gives its result.
   *
   * @param what for errors
   */
  <T> T call(String what, Callable<T> work) {
    Command<T> command = new Command<>(work, new CompletableFuture<>());
    commands.add(command);
    wake();
    try {
      if (failure != null) {
        throw new TransportUnavailableException("Aeron has stopped: cannot " + what, failure);
      }
      return command.result.get(CALL_NS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new TransportUnavailableException(
          "cannot " + what + ": " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new TransportUnavailableException(
          "no answer from Aeron within "
              + TimeUnit.NANOSECONDS.toSeconds(CALL_NS)
              + " s: cannot "
              + what,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransportUnavailableException("interrupted: cannot " + what, e);
    }
  }

  private void run() {
    try {
      while (!stopping) {
        work();
      }
      linger();
    } catch (Throwable e) {
      log(e);
      failure = e;
    }
    if (failure == null && !stopping) {
      failure = new IllegalStateException("the agent ended");
    }
    polled.forEach(stream -> stream.failAll(failure));
    for (Command<?> command = commands.poll(); command != null; command = commands.poll()) {
      command.result.completeExceptionally(new IllegalStateException("Aeron has stopped"));
    }
    aeron.close();
  }

  private void work() {
    int work = 0;
    for (Command<?> command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
      work++;
    }
    work += aeron.invoke();
    boolean waiting = false;
    for (AeronStream stream : polled) {
      work += stream.poll();
      waiting |= stream.isWaiting();
    }
    if (work > 0) {
      idle.worked();
    } else {
      idle.idle(waiting);
    }
  }

  /** Goes on until peers have received what was sent and know that this end has closed. */
  private void linger() {
    long start = System.nanoTime();
    while (System.nanoTime() - start < lingerNs && aeron.talksToOtherProcesses(hopeless)) {
      work();
    }
  }

  private void stopAtExit() {
    lingerNs = 0;
    askToStop();
    awaitStop();
  }

  private void askToStop() {
    stopping = true;
    wake();
  }

  private void awaitStop() {
    try {
      agent.join(STOP_MS);
    } catch (InterruptedException e) {
      // The agent goes on alone to its own deadline.
      Thread.currentThread().interrupt();
    }
  }

  private static void log(Throwable error) {
    LOG.log(System.Logger.Level.WARNING, "Aeron: " + error.getMessage());
    LOG.log(System.Logger.Level.DEBUG, "Aeron: " + error.getMessage(), error);
  }
}
