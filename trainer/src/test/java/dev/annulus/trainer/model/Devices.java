package dev.annulus.trainer.model;

import dev.annulus.device.Device;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.reference.ReferenceDevice;

/** The devices that the model is tested on. */
public enum Devices {
  /** Plain double precision between fp32 tensors. */
  REFERENCE,
  /** OpenBLAS and the Vector API. */
  CPU;

  /** A new one, to be closed. */
  public Device open() {
    return switch (this) {
      case REFERENCE -> new ReferenceDevice();
      case CPU -> new CpuDevice();
    };
  }
}
