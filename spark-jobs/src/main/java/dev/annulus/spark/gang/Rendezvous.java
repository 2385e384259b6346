package dev.annulus.spark.gang;

import dev.annulus.config.RunConfig;
import dev.annulus.device.choice.DeviceChoice;
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
  private final List<String> warnings;

  private Rendezvous(Endpoint endpoint, Link link, Protection protection, List<String> warnings) {
    this.endpoint = endpoint;
    this.link = link;
    this.protection = protection;
    this.warnings = warnings;
  }

  /**
   * Waits for all workers, and gives this one its end of the network.
   *
   * @param choice what this worker computes on
   * @throws dev.annulus.config.InvalidInputException on all ranks, if they are not one gang
   */
  static Rendezvous join(
      BarrierTaskContext context,
      WorkerAssignment assignment,
      RunConfig config,
      DeviceChoice choice,
      BooleanSupplier cancelled) {
    Placement placement = Placement.of(context);
    int partition = context.partitionId();
    String host = BindHost.of(config.transport().network(), placement.host(partition));
    LinkSecurity security =
        LinkSecurity.of(config.transport().security(), ClusterSecret.ofThisProcess());
    Endpoint endpoint = Transports.open(config.transport(), host, security);
    try {
      WorkerCard own = card(context, assignment, config, choice, endpoint.address());
      List<String> told = placement.byRank(Arrays.asList(context.allGather(own.text())));
      List<WorkerCard> cards = RollCall.check(told, placement.byRank(placement.hosts()));
      List<String> addresses = cards.stream().map(WorkerCard::address).toList();
      Link link =
          endpoint.connect(
              placement.rank(partition),
              addresses,
              assignment.runId(),
              context.stageAttemptNumber(),
              cancelled);
      return new Rendezvous(endpoint, link, security.protection(), RollCall.clocksApart(cards));
    } catch (RuntimeException e) {
      endpoint.close();
      throw e;
    }
  }

  private static WorkerCard card(
      BarrierTaskContext context,
      WorkerAssignment assignment,
      RunConfig config,
      DeviceChoice choice,
      String address) {
    Placement placement = Placement.of(context);
    double clockAheadMs = DriverChannel.clockAheadMs();
    return new WorkerCard(
        WorkerCard.FORMAT,
        placement.rank(context.partitionId()),
        assignment.world(),
        Long.toHexString(assignment.runId()),
        context.stageAttemptNumber(),
        placement.host(context.partitionId()),
        BuildStamp.ofThisProcess(),
        WireFormat.VERSION,
        Fingerprint.of(assignment.configYaml()),
        Fingerprint.ofModel(config),
        Fingerprint.ofData(config),
        choice.identity(),
        WorkerGpu.mayBeShared(),
        Double.isNaN(clockAheadMs) ? null : clockAheadMs,
        address);
  }

  Link link() {
    return link;
  }

  /** What frames between workers are protected with. */
  Protection protection() {
    return protection;
  }

  /** What is no reason to stop, but one to look. */
  List<String> warnings() {
    return warnings;
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
