package dev.annulus.link.aeron;

import dev.annulus.config.PortRange;
import dev.annulus.config.TransportSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;

/**
 * What a media driver is started with; endpoints of equal options share one.
 *
 * @param mtu bytes of a UDP datagram's payload, a multiple of 32
 * @param termLength bytes of a UDP term
 * @param ipcTermLength bytes of a term between workers of one machine
 * @param socketBuffer bytes of socket buffers
 * @param dedicated whether it has threads of its own
 * @param ports that it listens on
 * @param idle what threads do when there is nothing to do
 * @param lossRate share of arriving data packets that is dropped, for tests
 * @param lossSeed which ones
 */
record DriverOptions(
    int mtu,
    int termLength,
    int ipcTermLength,
    int socketBuffer,
    boolean dedicated,
    PortRange ports,
    TransportSettings.Idle idle,
    double lossRate,
    long lossSeed) {
  private static final int FRAME_ALIGNMENT = 32;

  /** Longer ones only spread over more of the cache: a term is written and read at once. */
  private static final int MAX_IPC_TERM = 2 << 20;

  static DriverOptions of(TransportSettings settings) {
    return new DriverOptions(
        settings.mtu() / FRAME_ALIGNMENT * FRAME_ALIGNMENT,
        settings.termLength(),
        Math.min(settings.termLength(), MAX_IPC_TERM),
        Math.min(settings.socketBuffer(), largestSocketBuffer(settings.socketBuffer())),
        isDedicated(settings, Runtime.getRuntime().availableProcessors()),
        settings.ports(),
        settings.idle(),
        0,
        0);
  }

  /** Whether drivers get threads of their own on a machine of so many cores. */
  static boolean isDedicated(TransportSettings settings, int cores) {
    return switch (settings.threading()) {
      case SHARED -> false;
      case DEDICATED -> true;
      case AUTO -> cores >= TransportSettings.CORES_A_STREAM * settings.streams();
    };
  }

  DriverOptions withLoss(double rate, long seed) {
    return new DriverOptions(
        mtu, termLength, ipcTermLength, socketBuffer, dedicated, ports, idle, rate, seed);
  }

  /** What the system grants of the buffer that was asked for. */
  static int largestSocketBuffer(int wanted) {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, wanted);
      channel.setOption(StandardSocketOptions.SO_SNDBUF, wanted);
      return Math.min(
          channel.getOption(StandardSocketOptions.SO_RCVBUF),
          channel.getOption(StandardSocketOptions.SO_SNDBUF));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open a UDP socket", e);
    }
  }

  /** Bytes that may be under way to a receiver: what its socket and half a term can hold. */
  int window() {
    return Math.min(socketBuffer, termLength / 2);
  }

  /** Room for the files of a few peers: each has three terms a direction. */
  long directoryBytes() {
    return 3L * (4L * termLength + 4L * ipcTermLength) + (16 << 20);
  }
}
