package dev.annulus.trainer.train;

import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.cuda.CudaDevice;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * A GPU that can be kept busy before a model's first kernel, the lookup of the embeddings, until
 * the host has queued everything behind it: what the GPU then takes has no waiting for the host in
 * it.
 */
final class HeadStart {
  /** Filled over and over. */
  private static final long BALLAST_COLUMNS = 1 << 26;

  private final CudaDevice device;
  private final Device watched;
  private float lead;
  private DevicePoint start;

  HeadStart(CudaDevice device) {
    this.device = device;
    Kernels kernels = proxy(Kernels.class, device.kernels(), this::beforeKernel);
    this.watched =
        proxy(Device.class, device, method -> method.getName().equals("kernels") ? kernels : null);
  }

  /** What a model is to be made with. */
  Device device() {
    return watched;
  }

  /**
   * The milliseconds that the GPU takes for an action from its embedding on, if the host is ahead
   * of it by {@code leadMillis} or more.
   */
  float millisOf(Runnable action, float leadMillis) {
    lead = leadMillis;
    action.run();
    lead = 0;
    return device.millisBetween(start, device.point());
  }

  private Object beforeKernel(Method method) {
    if (lead > 0 && method.getName().equals("embedding")) {
      keepBusy();
      start = device.point();
    }
    return null;
  }

  /** As busy for as long, but the host waits for the end: for steps to compare with. */
  void busyBefore(float millis) {
    lead = millis;
    keepBusy();
    lead = 0;
    device.synchronize();
  }

  private void keepBusy() {
    try (DeviceArena arena = device.newArena()) {
      Tensor ballast = arena.allocate(1, BALLAST_COLUMNS);
      float one = device.millisOf(() -> device.kernels().fill(ballast, 1f));
      for (float busy = 0; busy < lead; busy += one) {
        device.kernels().fill(ballast, 1f);
      }
    }
  }

  /** What is called before a method, and gives a result in its place or null. */
  private interface Before {
    Object call(Method method);
  }

  private static <T> T proxy(Class<T> type, T target, Before before) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          Object instead = before.call(method);
          if (instead != null) {
            return instead;
          }
          try {
            return method.invoke(target, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
