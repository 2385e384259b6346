package dev.annulus.spark.gang;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.InvalidInputException;
import dev.annulus.device.choice.DeviceChoice;
import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.resource.ResourceInformation;

/** Which of a host's GPUs belongs to a worker. */
public final class WorkerGpu {
  private static final String AMOUNT = "spark.task.resource.gpu.amount";

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

  /**
   * Refuses a host that has no GPU for a task to which Spark gave one: its discovery script says
   * what is not so, and the CPU would hold up all others.
   *
   * @throws InvalidInputException if so
   */
  static void requirePromised(
      BarrierTaskContext context, DeviceSettings settings, DeviceChoice choice) {
    ResourceInformation gpu = context.resourcesJMap().get("gpu");
    if (gpu != null
        && settings.kind() != DeviceSettings.Kind.CPU
        && choice.kind() == DeviceSettings.Kind.CPU) {
      throw notThere(context, gpu, choice.reason());
    }
  }

  private static InvalidInputException notThere(
      BarrierTaskContext context, ResourceInformation gpu, String found) {
    Placement placement = Placement.of(context);
    return new InvalidInputException(
        "rank %d on %s"
            .formatted(
                placement.rank(context.partitionId()), placement.host(context.partitionId())),
        "Spark gave it GPU %s, but it would compute on %s"
            .formatted(String.join(", ", gpu.addresses()), found),
        "a GPU that works wherever the discovery script names one, or device.kind: cpu");
  }

  /**
   * Whether workers may have one GPU between them: where Spark was asked for parts of GPUs, and in
   * local mode, where workers are dealt out to the GPUs that there are.
   */
  static boolean mayBeShared() {
    SparkConf conf = SparkEnv.get().conf();
    String master = conf.get("spark.master", "");
    return master.equals("local")
        || master.startsWith("local[")
        || (conf.contains(AMOUNT) && conf.getDouble(AMOUNT, 1) < 1);
  }
}
