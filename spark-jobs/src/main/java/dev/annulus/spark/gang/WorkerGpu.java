package dev.annulus.spark.gang;

import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.resource.ResourceInformation;

/** Which of a host's GPUs belongs to a worker. */
public final class WorkerGpu {
  private WorkerGpu() {}

  /**
   * The GPU that Spark assigned to the task, if it schedules GPUs; else the number of the task
   * among those of its host.
   */
  public static int of(BarrierTaskContext context) {
    Map<String, ResourceInformation> resources = context.resourcesJMap();
    ResourceInformation gpu = resources.get("gpu");
    if (gpu != null && gpu.addresses().length > 0 && gpu.addresses()[0].matches("\\d{1,4}")) {
      return Integer.parseInt(gpu.addresses()[0]);
    }
    return Placement.of(context).beforeOnHost(context.partitionId());
  }
}
