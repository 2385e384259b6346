package dev.annulus.link.aeron;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.TransportUnavailableException;
import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.driver.ext.DebugReceiveChannelEndpoint;
import io.aeron.driver.ext.RandomLossGenerator;
import io.aeron.driver.status.StreamCounter;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentInvoker;

/**
 * A media driver and a client of it. The client, and the driver too unless it was given threads of
 * its own, are run by whoever calls {@link #invoke} in a loop. Started by one thread, then used by
 * one other.
 */
final class EmbeddedAeron {
  private final ErrorHandler onError;
  private final Path directory;
  private final MediaDriver driver;
  private final Aeron client;

  /**
   * @throws TransportUnavailableException if they cannot start here
   */
  EmbeddedAeron(DriverOptions options, UUID id, ErrorHandler onError) {
    this.onError = onError;
    this.directory = DriverDirectory.choose(options.directoryBytes());
    this.driver = launchDriver(options, directory, onError);
    this.client = connectClient(driver, directory, onError);
    DriverDirectory.sign(directory, id);
  }

  Path directory() {
    return directory;
  }

  Aeron client() {
    return client;
  }

  /** One turn of both; gives the work done. */
  int invoke() {
    AgentInvoker ofDriver = driver.sharedAgentInvoker();
    int work = ofDriver == null ? 0 : ofDriver.invoke();
    work += client.conductorAgentInvoker().invoke();
    if (client.isClosed()) {
      throw new IllegalStateException("the Aeron client was closed, see the log");
    }
    return work;
  }

  /**
   * Whether a stream to or from another process is still open here.
   *
   * @param except registration ids of streams that do not count
   */
  boolean talksToOtherProcesses(Set<Long> except) {
    boolean[] found = new boolean[1];
    client
        .countersReader()
        .forEach(
            (counter, type, key, label) -> {
              boolean sends =
                  type == AeronCounters.DRIVER_SENDER_POSITION_TYPE_ID
                      && !except.contains(key.getLong(StreamCounter.REGISTRATION_ID_OFFSET));
              found[0] |= sends || type == AeronCounters.DRIVER_RECEIVER_POS_TYPE_ID;
            });
    return found[0];
  }

  /** Stops both and deletes their files; errors go to the handler. */
  void close() {
    close(client);
    close(driver);
    DriverDirectory.delete(directory);
  }

  private void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      onError.onError(e);
    }
  }

  private static MediaDriver launchDriver(
      DriverOptions options, Path directory, ErrorHandler onError) {
    MediaDriver.Context context =
        new MediaDriver.Context()
            .aeronDirectoryName(directory.toString())
            .threadingMode(options.dedicated() ? ThreadingMode.DEDICATED : ThreadingMode.INVOKER)
            .conductorIdleStrategy(AgentIdle.ofDriver(TransportSettings.Idle.BACKOFF))
            .senderIdleStrategy(AgentIdle.ofDriver(options.idle()))
            .receiverIdleStrategy(AgentIdle.ofDriver(options.idle()))
            .asyncExecutorEnabled(false)
            .dirDeleteOnStart(true)
            .dirDeleteOnShutdown(true)
            .printConfigurationOnStart(false)
            .termBufferSparseFile(false)
            .performStorageChecks(true)
            .mtuLength(options.mtu())
            .ipcMtuLength(Math.min(65504, options.ipcTermLength() / 8 / 32 * 32))
            .publicationTermBufferLength(options.termLength())
            .ipcTermBufferLength(options.ipcTermLength())
            .initialWindowLength(options.window())
            .socketRcvbufLength(options.socketBuffer())
            .socketSndbufLength(options.socketBuffer())
            .errorHandler(onError);
    Liveness.apply(context);
    if (!options.ports().isAny()) {
      context.receiverWildcardPortRange(options.ports().first() + " " + options.ports().last());
    }
    if (options.lossRate() > 0) {
      RandomLossGenerator loss = new RandomLossGenerator(options.lossRate(), options.lossSeed());
      context.receiveChannelEndpointSupplier(
          (channel, dispatcher, status, driverContext) ->
              new DebugReceiveChannelEndpoint(
                  channel,
                  dispatcher,
                  status,
                  driverContext,
                  loss,
                  (address, buffer, length) -> false));
    }
    try {
      return MediaDriver.launch(context);
    } catch (RuntimeException e) {
      DriverDirectory.delete(directory);
      throw new TransportUnavailableException(
          "Aeron does not start in " + directory + ": " + e.getMessage(), e);
    }
  }

  private static Aeron connectClient(MediaDriver driver, Path directory, ErrorHandler onError) {
    Aeron.Context context =
        new Aeron.Context()
            .aeronDirectoryName(directory.toString())
            .useConductorAgentInvoker(true)
            .errorHandler(onError);
    if (driver.sharedAgentInvoker() != null) {
      context.driverAgentInvoker(driver.sharedAgentInvoker());
    }
    Liveness.apply(context);
    try {
      return Aeron.connect(context);
    } catch (RuntimeException e) {
      driver.close();
      throw new TransportUnavailableException(
          "Aeron does not start in " + directory + ": " + e.getMessage(), e);
    }
  }
}
