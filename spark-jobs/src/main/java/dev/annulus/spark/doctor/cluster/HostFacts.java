package dev.annulus.spark.doctor.cluster;

import java.util.List;

/**
 * What a worker's host is, as the worker sees it.
 *
 * @param host at which peers reach it
 * @param process of the worker: workers of one process have the same
 * @param cores that the process may use
 * @param workersOnHost of this gang
 * @param memoryBytes of the host, or of the container
 * @param heapBytes of the process at most
 * @param shmBytes size of /dev/shm, -1 if there is none
 * @param shmFreeBytes free of it
 * @param transportFiles what the transport says of its own limits, one line a fact
 * @param transportProblems what the transport lacks, each with its cure
 * @param networkName of the interface with that host's address
 * @param mtu bytes of the largest packet that it carries whole, 0 if unknown
 * @param java version
 * @param jar hash of the application
 * @param gpus that the process sees
 * @param gpuAdvice why it sees none, and what to do; empty if it sees some
 * @param gpu number of the worker's own, -1 if it has none
 * @param clockAheadMs of the driver's, NaN if the driver was not reached
 */
record HostFacts(
    String host,
    String process,
    int cores,
    int workersOnHost,
    long memoryBytes,
    long heapBytes,
    long shmBytes,
    long shmFreeBytes,
    List<String> transportFiles,
    List<String> transportProblems,
    String networkName,
    int mtu,
    String java,
    String jar,
    List<Gpu> gpus,
    String gpuAdvice,
    int gpu,
    double clockAheadMs) {

  /**
   * A GPU.
   *
   * @param usable whether the kernels of this program run on it; else {@code text} says why not
   */
  record Gpu(int number, String text, String uuid, boolean usable) {}

  boolean hasGpu() {
    return gpus.stream().anyMatch(found -> found.number() == gpu && found.usable());
  }
}
