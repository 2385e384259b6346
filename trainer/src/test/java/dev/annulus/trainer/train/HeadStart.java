package dev.annulus.trainer.train;

import dev.annulus.device.DataType;
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
  /** Rows and columns of the product that keeps the GPU busy. */
  private static final long BALLAST = 8192;

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
      try (DeviceArena arena = device.newArena()) {
        // Products of random numbers, as a step's: light work would let the GPU clock higher.
        Tensor x = arena.allocate(DataType.BFLOAT16, BALLAST, BALLAST);
        Tensor y = arena.allocate(DataType.BFLOAT16, BALLAST, BALLAST);
        Kernels kernels = device.kernels();
        Tensor draws = arena.allocate(BALLAST, BALLAST);
        kernels.addNormal(draws, 0f, 1f, 7, draws);
        kernels.copy(draws, x);
        float one = device.millisOf(() -> kernels.linear(x, x, y));
        for (float busy = 0; busy < lead; busy += one) {
          kernels.linear(x, x, y);
        }
      }
      start = device.point();
    }
    return null;
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
