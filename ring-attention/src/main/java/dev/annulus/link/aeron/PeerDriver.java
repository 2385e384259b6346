package dev.annulus.link.aeron;

import io.aeron.Aeron;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * The media driver of another process of this machine, whose shared memory this process writes
 * into. Opened when first needed. By the agent alone.
 */
final class PeerDriver {
  private static final System.Logger LOG = System.getLogger(PeerDriver.class.getName());

  private final Path directory;
  private Aeron client;
  private MappedByteBuffer file;
  private RingBuffer commands;
  private long heartbeat;
  private long heartbeatSeenNs;
  private boolean dead;

  PeerDriver(Path directory) {
    this.directory = directory;
  }

  /** A client of it. */
  Aeron client() {
    if (client == null) {
      Aeron.Context context =
          new Aeron.Context()
              .aeronDirectoryName(directory.toString())
              .useConductorAgentInvoker(true)
              .errorHandler(this::onError);
      Liveness.apply(context);
      client = Aeron.connect(context);
    }
    return client;
  }

  /** One turn of the client; gives the work done. */
  int invoke() {
    if (client == null || dead) {
      return 0;
    }
    int work = client.conductorAgentInvoker().invoke();
    dead = client.isClosed();
    return work;
  }

  /**
   * Whether its process has ended: orderly, which its driver tells, or not, and its driver has not
   * shown a sign of life for {@link Liveness#PEER_NS}.
   */
  boolean isDead() {
    if (!dead) {
      dead = !isBeating();
    }
    return dead;
  }

  void close() {
    if (client != null) {
      client.close();
    }
    if (file != null) {
      commands = null;
      IoUtil.unmap(file);
    }
  }

  private boolean isBeating() {
    if (commands == null && !map()) {
      return false;
    }
    long latest = commands.consumerHeartbeatTime();
    if (latest == Aeron.NULL_VALUE) {
      return false;
    }
    long now = System.nanoTime();
    if (latest != heartbeat) {
      heartbeat = latest;
      heartbeatSeenNs = now;
    }
    return now - heartbeatSeenNs < Liveness.PEER_NS;
  }

  private boolean map() {
    file =
        new CommonContext()
            .aeronDirectoryName(directory.toString())
            .concludeAeronDirectory()
            .mapExistingCncFile(PeerDriver::note);
    if (file == null) {
      return false;
    }
    UnsafeBuffer metaData = CncFileDescriptor.createMetaDataBuffer(file);
    commands = new ManyToOneRingBuffer(CncFileDescriptor.createToDriverBuffer(file, metaData));
    return true;
  }

  /** What happens to a peer is told by the transfers that wait for it. */
  private void onError(Throwable error) {
    note(error.toString());
  }

  private static void note(String text) {
    LOG.log(System.Logger.Level.DEBUG, text);
  }
}
