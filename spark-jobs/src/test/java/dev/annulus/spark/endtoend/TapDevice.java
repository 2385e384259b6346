package dev.annulus.spark.endtoend;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A network interface whose cable ends in this process (Linux's TAP): what the kernel sends there
 * is read here, what is written here the kernel receives, a frame of Ethernet a call. The interface
 * may be moved into a namespace; removing it there ends what reads here.
 */
final class TapDevice {
  // linux/if_tun.h and fcntl.h
  private static final int TUNSETIFF = 0x400454ca;
  private static final short IFF_TAP_NO_PI = 0x1002;
  private static final int O_RDWR_CLOEXEC = 0x80002;
  private static final int IFNAMSIZ = 16;
  private static final int IFREQ_BYTES = 40;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      call("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle IOCTL =
      call("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle READ =
      call("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), 3);
  private static final MethodHandle WRITE =
      call("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), 3);
  private static final MethodHandle CLOSE =
      call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), 1);

  private final int descriptor;

  private TapDevice(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Makes an interface of that name in this process's namespace. */
  static TapDevice create(String name) {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) OPEN.invokeExact(arena.allocateFrom("/dev/net/tun"), O_RDWR_CLOEXEC);
      if (descriptor < 0) {
        throw new AssertionError("cannot open /dev/net/tun");
      }
      MemorySegment request = arena.allocate(IFREQ_BYTES);
      request.setString(0, name);
      request.set(JAVA_SHORT, IFNAMSIZ, IFF_TAP_NO_PI);
      if ((int) IOCTL.invokeExact(descriptor, (long) TUNSETIFF, request) != 0) {
        int _ = (int) CLOSE.invokeExact(descriptor);
        throw new AssertionError("cannot make the interface " + name);
      }
      return new TapDevice(descriptor);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** The bytes of the next frame in {@code buffer}; negative once the interface is gone. */
  int read(MemorySegment buffer) {
    try {
      return (int) (long) READ.invokeExact(descriptor, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Sends a frame; one that the interface does not take is lost, as on any network. */
  void write(MemorySegment frame) {
    try {
      long _ = (long) WRITE.invokeExact(descriptor, frame, frame.byteSize());
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Only when nobody reads or writes any more. */
  void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static MethodHandle call(String name, FunctionDescriptor type, int fixedArguments) {
    MemorySegment address = LINKER.defaultLookup().find(name).orElseThrow();
    return fixedArguments < type.argumentLayouts().size()
        ? LINKER.downcallHandle(address, type, Linker.Option.firstVariadicArg(fixedArguments))
        : LINKER.downcallHandle(address, type);
  }

  private static RuntimeException rethrown(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
  }
}
