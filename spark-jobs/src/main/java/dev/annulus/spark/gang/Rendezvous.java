package dev.annulus.spark.gang;

import dev.annulus.config.RunConfig;
import dev.annulus.config.TransportSettings;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.aeron.AeronEndpoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.apache.spark.BarrierTaskContext;

/**
 * How the workers of a gang find each other: each opens its end, the barrier's all-gather (one
 * second, once) tells all addresses, and links are made.
 */
final class Rendezvous implements AutoCloseable {
  /**
   * Networks of workers that share this process, by run and attempt; the last of them to take its
   * end removes it.
   */
  private static final Map<String, Shared> IN_PROCESS = new ConcurrentHashMap<>();

  private final Runnable closeEndpoint;
  private final Link link;

  private Rendezvous(Runnable closeEndpoint, Link link) {
    this.closeEndpoint = closeEndpoint;
    this.link = link;
  }

  /** Waits for all workers, and gives this one its end of the network. */
  static Rendezvous join(
      BarrierTaskContext context,
      WorkerAssignment assignment,
      RunConfig config,
      BooleanSupplier cancelled) {
    int rank = context.partitionId();
    Duration timeout = Duration.ofSeconds(config.transport().timeoutSeconds());
    if (config.transport().kind() == TransportSettings.Kind.IN_PROCESS) {
      return inProcess(context, assignment, timeout, cancelled);
    }
    String host = hostOf(context.getTaskInfos()[rank].address());
    AeronEndpoint endpoint = AeronEndpoint.open(config.transport(), host);
    try {
      List<String> addresses = Arrays.asList(context.allGather(endpoint.address()));
      Link link =
          endpoint.connect(
              rank, addresses, assignment.runId(), context.stageAttemptNumber(), cancelled);
      return new Rendezvous(endpoint::close, link);
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  private static Rendezvous inProcess(
      BarrierTaskContext context,
      WorkerAssignment assignment,
      Duration timeout,
      BooleanSupplier cancelled) {
    String process = ProcessHandle.current().pid() + "@" + context.getTaskInfos()[0].address();
    List<String> processes = Arrays.asList(context.allGather(process));
    if (processes.stream().distinct().count() > 1) {
      throw new IllegalStateException(
          "transport.kind: in_process needs all workers in one process, but they are in "
              + processes.stream().distinct().count()
              + " (expected: local mode, or transport.kind: aeron)");
    }
    String key = assignment.runId() + "/" + context.stageAttemptNumber();
    Shared shared =
        IN_PROCESS.compute(
            key,
            (_, present) ->
                present != null
                    ? present.taken()
                    : new Shared(
                        InProcessNetwork.create(assignment.world(), timeout, cancelled), 1));
    if (shared.ends() == assignment.world()) {
      IN_PROCESS.remove(key);
    }
    return new Rendezvous(() -> {}, shared.links().get(context.partitionId()));
  }

  /** Workers of the gang on this worker's host, itself included. */
  static int workersOnHost(BarrierTaskContext context) {
    List<String> hosts =
        Arrays.stream(context.getTaskInfos()).map(task -> hostOf(task.address())).toList();
    return Collections.frequency(hosts, hosts.get(context.partitionId()));
  }

  /** The host part of {@code host:port}, as the address to bind to. */
  static String hostOf(String address) {
    String host = address.contains(":") ? address.substring(0, address.lastIndexOf(':')) : address;
    return host.equals("localhost") ? "127.0.0.1" : host;
  }

  Link link() {
    return link;
  }

  @Override
  public void close() {
    try {
      link.close();
    } finally {
      closeEndpoint.run();
    }
  }

  private record Shared(List<Link> links, int ends) {
    Shared taken() {
      return new Shared(links, ends + 1);
    }
  }
}
