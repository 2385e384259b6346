package dev.annulus.spark.gang;

import dev.annulus.config.RunConfig;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Protection;
import dev.annulus.link.transport.BindHost;
import dev.annulus.link.transport.Transports;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.BarrierTaskContext;

/**
 * How the workers of a gang find each other: each opens its end, the barrier's all-gather (one
 * second, once) tells all addresses, and links are made.
 */
final class Rendezvous implements AutoCloseable {
  private final Endpoint endpoint;
  private final Link link;
  private final Protection protection;

  private Rendezvous(Endpoint endpoint, Link link, Protection protection) {
    this.endpoint = endpoint;
    this.link = link;
    this.protection = protection;
  }

  /** Waits for all workers, and gives this one its end of the network. */
  static Rendezvous join(
      BarrierTaskContext context,
      WorkerAssignment assignment,
      RunConfig config,
      BooleanSupplier cancelled) {
    Placement placement = Placement.of(context);
    int partition = context.partitionId();
    String host = BindHost.of(config.transport().network(), placement.host(partition));
    LinkSecurity security =
        LinkSecurity.of(config.transport().security(), ClusterSecret.ofThisProcess());
    Endpoint endpoint = Transports.open(config.transport(), host, security);
    try {
      List<String> addresses =
          placement.byRank(Arrays.asList(context.allGather(endpoint.address())));
      Link link =
          endpoint.connect(
              placement.rank(partition),
              addresses,
              assignment.runId(),
              context.stageAttemptNumber(),
              cancelled);
      return new Rendezvous(endpoint, link, security.protection());
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  Link link() {
    return link;
  }

  /** What frames between workers are protected with. */
  Protection protection() {
    return protection;
  }

  @Override
  public void close() {
    try {
      link.close();
    } finally {
      endpoint.close();
    }
  }
}
