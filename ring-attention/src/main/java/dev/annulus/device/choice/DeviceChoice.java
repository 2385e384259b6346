package dev.annulus.device.choice;

import dev.annulus.config.DeviceSettings;
import dev.annulus.config.DeviceSettings.Kind;
import dev.annulus.config.DeviceSettings.Precision;
import dev.annulus.config.InvalidInputException;
import dev.annulus.device.Device;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.CudaUnavailableException;
import dev.annulus.device.cuda.GpuProperties;

/**
 * A device and the reason why it was chosen.
 *
 * @param kind cpu or cuda
 * @param gpu its number in this process, if it is one
 * @param reason for people
 */
public record DeviceChoice(Kind kind, int gpu, String reason) {
  /** A choice without settings: the best that is there, in fp32. */
  public static final DeviceSettings AUTO = new DeviceSettings(Kind.AUTO, Precision.FLOAT32);

  /**
   * Chooses for one of the workers of a host.
   *
   * @param worker its number on this host; workers are dealt out to the GPUs in turn
   * @throws InvalidInputException if the settings ask for what is not there
   */
  public static DeviceChoice of(DeviceSettings settings, int worker) {
    if (settings.kind() == Kind.CPU) {
      return new DeviceChoice(Kind.CPU, 0, "the CPU, as device.kind says");
    }
    try {
      int gpus = GpuProperties.all().size();
      GpuProperties gpu = CudaDevice.requireUsable(gpus == 0 ? worker : worker % gpus);
      String why =
          settings.kind() == Kind.CUDA
              ? "as device.kind says"
              : "as it is there (device.kind auto)";
      return new DeviceChoice(
          Kind.CUDA, gpu.ordinal(), "GPU " + gpu.ordinal() + ", " + gpu.describe() + ", " + why);
    } catch (CudaUnavailableException e) {
      return without(settings, e);
    }
  }

  private static DeviceChoice without(DeviceSettings settings, CudaUnavailableException e) {
    if (settings.kind() == Kind.CUDA) {
      throw new InvalidInputException(
          "device.kind", "cuda, but " + e.reason(), e.advice() + "; or device.kind: cpu");
    }
    if (settings.precision() == Precision.BFLOAT16) {
      throw new InvalidInputException(
          "device.precision",
          "bfloat16, but " + e.reason(),
          "a GPU (" + e.advice() + "), or float32, which the CPU computes in");
    }
    return new DeviceChoice(Kind.CPU, 0, "the CPU, as there is no GPU to use (" + e.reason() + ")");
  }

  /** In a word or two, for tables. */
  public String name() {
    return kind == Kind.CUDA ? "GPU " + gpu : "CPU";
  }

  /** Of a GPU its number in the world, the same in every process that sees it; else {@code cpu}. */
  public String identity() {
    return kind == Kind.CUDA ? GpuProperties.all().get(gpu).uuid() : "cpu";
  }

  /**
   * Connects to the device.
   *
   * @param cpuThreads how many compute, if it is the CPU
   */
  public Device open(int cpuThreads) {
    return kind == Kind.CUDA ? new CudaDevice(gpu) : new CpuDevice(cpuThreads);
  }
}
