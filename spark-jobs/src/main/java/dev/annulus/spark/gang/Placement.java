package dev.annulus.spark.gang;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import org.apache.spark.BarrierTaskContext;

/**
 * Which task is which rank. Spark deals tasks out to executors as it likes; ranks are given host by
 * host, so that neighbours of a ring share a host wherever they can and a ring leaves each host
 * once. Nothing that a rank computes depends on where it is.
 *
 * @param hosts of the tasks, by partition
 */
public record Placement(List<String> hosts) {
  public Placement {
    hosts = List.copyOf(hosts);
  }

  /** Where the tasks of a stage are. */
  public static Placement of(BarrierTaskContext context) {
    return new Placement(
        Arrays.stream(context.getTaskInfos()).map(task -> hostOf(task.address())).toList());
  }

  /**
   * Partitions in the order of their ranks: hosts as they first appear, each with all its tasks.
   */
  private List<Integer> partitions() {
    List<Integer> order = new ArrayList<>();
    for (String host : new LinkedHashSet<>(hosts)) {
      for (int partition = 0; partition < hosts.size(); partition++) {
        if (hosts.get(partition).equals(host)) {
          order.add(partition);
        }
      }
    }
    return order;
  }

  /** The rank of a partition's task. */
  public int rank(int partition) {
    return partitions().indexOf(partition);
  }

  /** What partitions said, in the order of ranks. */
  public <T> List<T> byRank(List<T> byPartition) {
    return partitions().stream().map(byPartition::get).toList();
  }

  /** The host of a partition's task, as the address to bind to. */
  public String host(int partition) {
    return hosts.get(partition);
  }

  /** Tasks of the gang on the host of a partition's task, itself included. */
  public int onHostOf(int partition) {
    return Collections.frequency(hosts, hosts.get(partition));
  }

  /** Tasks of the gang on the same host that come before a partition's task. */
  int beforeOnHost(int partition) {
    return Collections.frequency(hosts.subList(0, partition), hosts.get(partition));
  }

  /** Number of hosts. */
  int hostCount() {
    return new LinkedHashSet<>(hosts).size();
  }

  /** Which ranks are where, for people: {@code 0-1 on a, 2 on b}. */
  String describe() {
    List<String> parts = new ArrayList<>();
    int first = 0;
    for (String host : new LinkedHashSet<>(hosts)) {
      int last = first + Collections.frequency(hosts, host) - 1;
      parts.add((first == last ? "" + first : first + "-" + last) + " on " + host);
      first = last + 1;
    }
    return String.join(", ", parts);
  }

  /** The host part of {@code host:port}. */
  static String hostOf(String address) {
    String host = address.contains(":") ? address.substring(0, address.lastIndexOf(':')) : address;
    return host.equals("localhost") ? "127.0.0.1" : host;
  }
}
