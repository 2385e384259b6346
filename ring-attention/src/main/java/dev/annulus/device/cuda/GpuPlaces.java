package dev.annulus.device.cuda;

import dev.annulus.device.PeerPlace;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Which GPUs see which. */
final class GpuPlaces {
  private GpuPlaces() {}

  /** Where memory of a GPU is; nowhere if processes of the host cannot be told apart. */
  static PeerPlace of(int ordinal) {
    String host = HostIdentity.read();
    List<String> reachable = new ArrayList<>();
    int gpus = CudaDriver.initialize();
    for (int other = 0; other < gpus; other++) {
      if (other == ordinal || CudaDriver.canAccessPeer(ordinal, other)) {
        reachable.add(name(other));
      }
    }
    return host.isEmpty() ? PeerPlace.NOWHERE : new PeerPlace(host, name(ordinal), reachable);
  }

  private static String name(int ordinal) {
    return HexFormat.of().formatHex(CudaDriver.uuid(ordinal));
  }
}
