package dev.annulus.spark.doctor.cluster;

import com.sun.management.OperatingSystemMXBean;
import dev.annulus.config.TransportSettings;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.device.cuda.GpuProperties;
import dev.annulus.link.aeron.AeronLimits;
import dev.annulus.link.frame.BindAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URISyntaxException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/** Looks at the host of this process. What cannot be found out is told as such, not thrown. */
final class HostLook {
  private static final Path SHM = Path.of("/dev/shm");

  /** A process id is not enough where containers share addresses. */
  private static final String PROCESS = ProcessHandle.current().pid() + "-" + UUID.randomUUID();

  private HostLook() {}

  /**
   * Looks.
   *
   * @param host at which peers reach this one
   * @param gpu number of the worker's own, if it computes on one
   */
  static HostFacts look(
      TransportSettings transport, String host, int workersOnHost, int gpu, double clockAheadMs) {
    long[] shm = shm();
    NetworkInterface network = network(host);
    boolean aeron = usesAeron(transport);
    AeronLimits limits = aeron ? AeronLimits.check(transport) : null;
    List<HostFacts.Gpu> gpus = new ArrayList<>();
    String advice = "";
    try {
      for (GpuProperties found : GpuProperties.all()) {
        gpus.add(gpu(found));
      }
    } catch (CudaUnavailableException e) {
      advice = e.reason() + ": " + e.advice();
    }
    return new HostFacts(
        host,
        PROCESS,
        Runtime.getRuntime().availableProcessors(),
        workersOnHost,
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize(),
        Runtime.getRuntime().maxMemory(),
        shm[0],
        shm[1],
        aeron ? limits.describe() : List.of(),
        aeron ? limits.problems() : List.of(),
        network == null ? "unknown" : network.getName(),
        mtu(network),
        Runtime.version().toString(),
        jar(),
        gpus,
        advice,
        gpus.isEmpty() ? -1 : gpu,
        clockAheadMs);
  }

  static boolean usesAeron(TransportSettings transport) {
    return transport.kind() == TransportSettings.Kind.AERON
        || transport.kind() == TransportSettings.Kind.AUTO;
  }

  private static HostFacts.Gpu gpu(GpuProperties found) {
    try {
      GpuProperties.usable(found.ordinal());
      return new HostFacts.Gpu(found.ordinal(), found.describe(), found.uuid(), true);
    } catch (CudaUnavailableException e) {
      return new HostFacts.Gpu(
          found.ordinal(), e.reason() + ": " + e.advice(), found.uuid(), false);
    }
  }

  private static long[] shm() {
    try {
      FileStore store = Files.getFileStore(SHM);
      return new long[] {store.getTotalSpace(), store.getUsableSpace()};
    } catch (IOException e) {
      return new long[] {-1, 0};
    }
  }

  private static NetworkInterface network(String host) {
    try {
      return NetworkInterface.getByInetAddress(BindAddress.of(host));
    } catch (SocketException | RuntimeException e) {
      return null;
    }
  }

  private static int mtu(NetworkInterface network) {
    try {
      return network == null ? 0 : network.getMTU();
    } catch (SocketException e) {
      return 0;
    }
  }

  /** The first digits of the hash of the application's jar. */
  private static String jar() {
    try {
      CodeSource source = HostLook.class.getProtectionDomain().getCodeSource();
      Path jar = Path.of(source.getLocation().toURI());
      if (!Files.isRegularFile(jar)) {
        return "classes";
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = Files.newInputStream(jar);
          DigestOutputStream out =
              new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
        in.transferTo(out);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 6);
    } catch (IOException | URISyntaxException | NoSuchAlgorithmException | RuntimeException e) {
      return "unknown";
    }
  }
}
