package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.config.TransportSettings;
import dev.annulus.link.Endpoint;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.BindHost;
import dev.annulus.link.transport.Transports;
import dev.annulus.spark.gang.ClusterSecret;
import dev.annulus.spark.gang.DriverChannel;
import dev.annulus.spark.gang.GangStage;
import dev.annulus.spark.gang.Placement;
import dev.annulus.spark.gang.WorkerGpu;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.deploy.SparkHadoopUtil;

/** One worker of the check, on an executor. */
final class ClusterWorker implements GangStage.Worker {
  private static final long serialVersionUID = 1L;

  /** Of every wait for a peer: shorter than a run's, as one that is dead is only to be named. */
  private static final int PEER_SECONDS = 5;

  private static final long STORAGE_MS = 20_000;

  @Override
  public byte[] run(BarrierTaskContext context, byte[] input) {
    CheckAssignment assignment = CheckMessages.decode(input, CheckAssignment.class);
    Placement placement = Placement.of(context);
    int partition = context.partitionId();
    int rank = placement.rank(partition);
    RunConfig config =
        RunConfigReader.read("the driver's configuration", assignment.configYaml(), List.of());
    TransportSettings transport = withTimeout(config.transport());
    HostFacts host =
        HostLook.look(
            transport,
            BindHost.of(transport.network(), placement.host(partition)),
            placement.onHostOf(partition),
            WorkerGpu.of(context),
            DriverChannel.clockAheadMs());
    Gathering gathering = said -> placement.byRank(Arrays.asList(context.allGather(said)));
    SharedStorage storage =
        assignment.storage().isEmpty()
            ? null
            : new SharedStorage(
                assignment.storage(),
                ".annulus-check-" + Long.toHexString(assignment.runId()),
                SparkHadoopUtil.get().conf(),
                STORAGE_MS);
    try {
      StorageFinding stored = storage == null ? null : store(storage, assignment, rank, gathering);
      return CheckMessages.encode(
          network(context, assignment, transport, placement, rank, gathering, host, stored));
    } finally {
      // All have read it: each has come to the first round, or the check has failed.
      if (storage != null && rank == 0) {
        delete(storage);
      }
    }
  }

  private static WorkerFindings network(
      BarrierTaskContext context,
      CheckAssignment assignment,
      TransportSettings transport,
      Placement placement,
      int rank,
      Gathering gathering,
      HostFacts host,
      StorageFinding stored) {
    int world = placement.hosts().size();
    // Where Spark's secret or the secret's file is missing, each pair says so.
    Supplier<Endpoint> endpoints =
        () ->
            Transports.open(
                transport,
                host.host(),
                LinkSecurity.of(transport.security(), ClusterSecret.ofThisProcess()));
    PairMeetings meetings =
        new PairMeetings(
            rank,
            world,
            assignment.runId(),
            transport.kind(),
            gathering,
            endpoints,
            context::isInterrupted);
    Endpoint open = keepsTransportRunning(transport, endpoints);
    try {
      List<PairFinding> pairs = meetings.pairs(assignment.rounds(), assignment.pairMs());
      PairFinding ring = world > 2 ? meetings.ring(assignment.rounds(), assignment.pairMs()) : null;
      return new WorkerFindings(rank, host, pairs, ring, stored);
    } finally {
      if (open != null) {
        open.close();
      }
    }
  }

  /**
   * The last endpoint of a process stops its media driver, which takes seconds: one more is kept
   * open meanwhile, unless it would take a port of a range from those that are needed.
   */
  private static Endpoint keepsTransportRunning(
      TransportSettings transport, Supplier<Endpoint> endpoints) {
    try {
      return HostLook.usesAeron(transport) && transport.ports().isAny() ? endpoints.get() : null;
    } catch (RuntimeException e) {
      return null; // The pairs will say why.
    }
  }

  private static StorageFinding store(
      SharedStorage storage, CheckAssignment assignment, int rank, Gathering gathering) {
    double writeSeconds = 0;
    String failure = "";
    if (rank == 0) {
      try {
        writeSeconds = storage.write();
      } catch (IOException e) {
        failure = e.getMessage();
      }
    }
    String ofWriter = gathering.all(failure).getFirst();
    double readSeconds = 0;
    if (ofWriter.isEmpty()) {
      try {
        readSeconds = storage.read();
      } catch (IOException e) {
        failure = e.getMessage();
      }
    }
    return new StorageFinding(
        assignment.storage(), SharedStorage.BYTES, writeSeconds, readSeconds, failure);
  }

  private static void delete(SharedStorage storage) {
    try {
      storage.delete();
    } catch (IOException e) {
      System.err.println("warning: the check's file was not deleted: " + e.getMessage());
    }
  }

  private static TransportSettings withTimeout(TransportSettings settings) {
    return new TransportSettings(
        settings.kind(),
        Math.min(PEER_SECONDS, settings.timeoutSeconds()),
        settings.mtu(),
        settings.termLength(),
        settings.socketBuffer(),
        settings.streams(),
        settings.threading(),
        settings.idle(),
        settings.ports(),
        settings.network(),
        settings.security());
  }
}
