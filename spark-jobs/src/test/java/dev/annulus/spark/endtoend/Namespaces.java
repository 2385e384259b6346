package dev.annulus.spark.endtoend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hosts on one machine: network namespaces on a bridge that stands in a namespace of its own. Each
 * process of a host has a {@code /dev/shm} of its own, shared with its children only, or Aeron
 * would find the memory of another host.
 *
 * <p>Names carry the process that made them; what a dead one left is removed by the next.
 */
final class Namespaces implements AutoCloseable {
  private static final String PREFIX = "annulus-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d{1,18})-\\w+");
  private static final String OWN_MEMORY = "mount -t tmpfs -o size=1g none /dev/shm && exec \"$@\"";

  private static final Duration END = Duration.ofSeconds(20);

  private final String prefix = PREFIX + ProcessHandle.current().pid() + "-";
  private final String middle = prefix + "bridge";
  private final List<String> hosts = new ArrayList<>();

  private Namespaces() {}

  /** Why there can be none here; empty if there can. */
  static Optional<String> missing() {
    String user = System.getProperty("user.name");
    if (!user.equals("root")) {
      return Optional.of("network namespaces need root, this is " + user);
    }
    String probe = PREFIX + ProcessHandle.current().pid() + "-probe";
    SystemCommand.Result made = SystemCommand.attempt("ip", "netns", "add", probe);
    if (made.exitCode() != 0) {
      return Optional.of("no network namespaces here: ip netns add: " + made.output());
    }
    try {
      for (List<String> wanted :
          List.of(
              List.of("ip", "-n", probe, "link", "add", "eth0", "type", "veth", "peer", "port0"),
              List.of("ip", "-n", probe, "link", "add", "bridge", "type", "bridge"),
              List.of("ip", "netns", "exec", probe, "sh", "-c", OWN_MEMORY, "sh", "true"))) {
        SystemCommand.Result result = SystemCommand.attempt(wanted.toArray(String[]::new));
        if (result.exitCode() != 0) {
          return Optional.of(
              "namespaces cannot be joined here: "
                  + String.join(" ", wanted)
                  + ": "
                  + result.output());
        }
      }
    } finally {
      SystemCommand.run("ip", "netns", "del", probe);
    }
    return Optional.empty();
  }

  /** Makes so many hosts that reach each other. */
  static Namespaces open(int hosts) {
    sweep();
    Namespaces made = new Namespaces();
    try {
      made.build(hosts);
    } catch (RuntimeException | AssertionError e) {
      made.close();
      throw e;
    }
    return made;
  }

  private void build(int count) {
    SystemCommand.run("ip", "netns", "add", middle);
    inMiddle("link", "add", "bridge", "type", "bridge");
    inMiddle("link", "set", "bridge", "up");
    for (int host = 0; host < count; host++) {
      String name = prefix + "host" + host;
      SystemCommand.run("ip", "netns", "add", name);
      hosts.add(name);
      inMiddle("link", "add", port(host), "type", "veth", "peer", "name", "eth0", "netns", name);
      inMiddle("link", "set", port(host), "master", "bridge", "up");
      SystemCommand.run("ip", "-n", name, "address", "add", address(host) + "/24", "dev", "eth0");
      SystemCommand.run("ip", "-n", name, "link", "set", "eth0", "up");
      SystemCommand.run("ip", "-n", name, "link", "set", "lo", "up");
    }
  }

  int hosts() {
    return hosts.size();
  }

  /** Where a host is reached by the others. */
  String address(int host) {
    return "10.77.0." + (host + 1);
  }

  /** Pulls the cable of a host. */
  void cut(int host) {
    inMiddle("link", "set", port(host), "down");
  }

  /** Plugs it in again. */
  void restore(int host) {
    inMiddle("link", "set", port(host), "up");
  }

  /**
   * Puts a bad cable between a host and all others, until {@link #mend}.
   *
   * @param seed of what it loses
   */
  BadCable spoil(int host, LinkConditions conditions, long seed) {
    inMiddle("link", "add", "beyond", "type", "bridge");
    inMiddle("link", "set", "beyond", "up");
    TapDevice near = tap("near", "bridge");
    TapDevice far = tap("far", "beyond");
    inMiddle("link", "set", port(host), "master", "beyond");
    return new BadCable(conditions, seed, near, far);
  }

  /** The cable is as all others again. */
  void mend(int host, BadCable cable) {
    inMiddle("link", "set", port(host), "master", "bridge");
    inMiddle("link", "del", "near");
    inMiddle("link", "del", "far");
    inMiddle("link", "del", "beyond");
    cable.close();
  }

  private TapDevice tap(String name, String bridge) {
    String unique = "anx" + ProcessHandle.current().pid() + name;
    TapDevice device = TapDevice.create(unique);
    SystemCommand.run("ip", "link", "set", unique, "netns", middle);
    inMiddle("link", "set", unique, "name", name);
    inMiddle("link", "set", name, "master", bridge, "up");
    return device;
  }

  /** A command as a host runs it, in front of which only the way into the host stands. */
  List<String> command(int host, List<String> command) {
    List<String> whole =
        new ArrayList<>(
            List.of("ip", "netns", "exec", hosts.get(host), "sh", "-c", OWN_MEMORY, "sh"));
    whole.addAll(command);
    return whole;
  }

  /** What runs on a host. */
  List<ProcessHandle> processes(int host) {
    return processes(hosts.get(host));
  }

  private static List<ProcessHandle> processes(String namespace) {
    return SystemCommand.run("ip", "netns", "pids", namespace)
        .lines()
        .filter(line -> !line.isBlank())
        .flatMap(line -> ProcessHandle.of(Long.parseLong(line.strip())).stream())
        .toList();
  }

  /** Namespaces of this process that are still there. */
  List<String> left() {
    return names().stream().filter(name -> name.startsWith(prefix)).toList();
  }

  private static void sweep() {
    for (String name : names()) {
      Matcher matcher = NAME.matcher(name);
      if (matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()) {
        remove(name);
      }
    }
  }

  private static List<String> names() {
    return SystemCommand.run("ip", "netns", "list")
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .toList();
  }

  /** With all that runs in it. */
  private static void remove(String namespace) {
    long deadline = System.nanoTime() + END.toNanos();
    for (List<ProcessHandle> running = processes(namespace);
        !running.isEmpty();
        running = processes(namespace)) {
      running.forEach(ProcessHandle::destroyForcibly);
      if (System.nanoTime() > deadline) {
        throw new AssertionError("does not end in " + namespace + ": " + running);
      }
    }
    SystemCommand.run("ip", "netns", "del", namespace);
  }

  private static String port(int host) {
    return "port" + host;
  }

  private void inMiddle(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip", "-n", middle));
    command.addAll(List.of(arguments));
    SystemCommand.run(command.toArray(String[]::new));
  }

  @Override
  public void close() {
    left().forEach(Namespaces::remove);
  }
}
