package dev.annulus.device.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What processes have in common that can show each other memory of a GPU. */
final class HostIdentity {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NAMESPACES = Path.of("/proc/self/ns");

  private HostIdentity() {}

  /**
   * The running kernel, and the namespaces of the process in it: containers of one host that do not
   * share them do not open each other's handles. Empty if that is not known.
   */
  static String read() {
    try {
      return Files.readString(BOOT).strip()
          + " "
          + Files.readSymbolicLink(NAMESPACES.resolve("ipc"))
          + " "
          + Files.readSymbolicLink(NAMESPACES.resolve("pid"));
    } catch (IOException e) {
      return "";
    }
  }
}
