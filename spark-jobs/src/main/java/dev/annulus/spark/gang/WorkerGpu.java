package dev.annulus.spark.gang;

import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.resource.ResourceInformation;

/** Which of a host's GPUs belongs to a worker. */
final class WorkerGpu {
  private WorkerGpu() {}

  /**
   * The GPU that Spark assigned to the task, if it schedules GPUs; else the number of the task
   * among those of its host.
   */
  static int of(BarrierTaskContext context) {
    Map<String, ResourceInformation> resources = context.resourcesJMap();
    ResourceInformation gpu = resources.get("gpu");
    if (gpu != null && gpu.addresses().length > 0 && gpu.addresses()[0].matches("\\d{1,4}")) {
      return Integer.parseInt(gpu.addresses()[0]);
    }
    BarrierTaskInfo[] tasks = context.getTaskInfos();
    String host = host(tasks[context.partitionId()]);
    int before = 0;
    for (int task = 0; task < context.partitionId(); task++) {
      before += host(tasks[task]).equals(host) ? 1 : 0;
    }
    return before;
  }

  /** Of HOST:PORT. */
  private static String host(BarrierTaskInfo task) {
    String address = task.address();
    int colon = address.lastIndexOf(':');
    return colon < 0 ? address : address.substring(0, colon);
  }
}
