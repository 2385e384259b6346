package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.CopyQueue;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.HostCapacity;
import dev.annulus.device.Kernels;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A GPU of NVIDIA. Operations are queued and return at once; {@link #download}, {@link #upload} and
 * sums that the host reads wait for what was queued before them.
 */
public final class CudaDevice implements Device {
  private final CudaSession session;
  private final CudaMemory memory;
  private final QueuePoints points;
  private final SideUploads uploads;
  private final SideDownloads downloads;
  private final Launcher launcher;
  private final DeviceArena scratch;
  private final MatrixProducts products;
  private final Reductions reductions;
  private final DeviceMasks masks;
  private final CudaKernels kernels;
  private final AttentionKernel plainAttention;
  private final TensorCoreAttention fastAttention;
  private final AttentionKernel attention;
  private boolean closed;

  /**
   * Looks whether a GPU can be used, without connecting to it.
   *
   * @throws CudaUnavailableException if it cannot be used; the message says what is missing
   */
  public static GpuProperties requireUsable(int ordinal) {
    GpuProperties properties = GpuProperties.usable(ordinal);
    libraryName();
    return properties;
  }

  /**
   * The host's cublasLt.
   *
   * @throws CudaUnavailableException if there is none
   */
  public static String libraryName() {
    try (Arena arena = Arena.ofConfined()) {
      return CublasLibrary.find(arena).name();
    }
  }

  /**
   * Connects to a GPU.
   *
   * @param ordinal its number in this process
   * @throws CudaUnavailableException if it cannot be used; the message says what is missing
   */
  public CudaDevice(int ordinal) {
    GpuProperties properties = GpuProperties.usable(ordinal);
    this.session = new CudaSession(properties);
    this.memory = new CudaMemory(session);
    this.points = new QueuePoints(session, session.stream());
    this.uploads = new SideUploads(session);
    this.downloads = new SideDownloads(session);
    this.launcher = new Launcher(session);
    this.scratch = memory.newArena();
    this.masks = new DeviceMasks(memory);
    this.reductions = new Reductions(session, memory, launcher, scratch);
    this.products = products();
    this.kernels = new CudaKernels(session, memory, launcher, products, reductions);
    this.plainAttention = new PlainCudaAttention(session, launcher, masks);
    this.fastAttention =
        new TensorCoreAttention(
            memory,
            launcher,
            masks,
            properties.computeCapability() == HopperLaunches.COMPUTE_CAPABILITY
                ? new HopperLaunches(session, launcher, scratch)
                : new PortableLaunches(launcher));
    this.attention = new CudaAttention(fastAttention, plainAttention);
  }

  /** The last to be made that can fail: what was made before must not stay. */
  private MatrixProducts products() {
    try {
      return new MatrixProducts(session, scratch);
    } catch (RuntimeException e) {
      closeBeforeProducts();
      throw e;
    }
  }

  @Override
  public String describe() {
    return kernels.describe();
  }

  @Override
  public DeviceArena newArena() {
    return memory.newArena();
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public AttentionKernel attention() {
    return attention;
  }

  /** The kernels without tensor cores, for every shape and type: the reference of the others. */
  AttentionKernel plainAttention() {
    return plainAttention;
  }

  /** The tensor cores' kernels that do not need Hopper, on any GPU. */
  TensorCoreAttention portableAttention() {
    return new TensorCoreAttention(memory, launcher, masks, new PortableLaunches(launcher));
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    memory.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    memory.download(tensor, host);
  }

  @Override
  public MemorySegment mirror(Arena arena, long bytes) {
    return memory.pinned(arena, bytes);
  }

  @Override
  public DevicePoint point() {
    return points.point();
  }

  @Override
  public void uploadBeside(MemorySegment host, Tensor tensor, DevicePoint free) {
    uploads.upload(host, tensor, free);
  }

  @Override
  public void awaitUploads() {
    uploads.await();
  }

  @Override
  public void downloadBeside(Tensor tensor, MemorySegment host, DevicePoint written) {
    downloads.download(tensor, host, written);
  }

  @Override
  public DevicePoint downloads() {
    return downloads.point();
  }

  @Override
  public Optional<PeerAccess> newPeerAccess() {
    return Optional.of(new CudaPeerAccess(session, memory, uploads));
  }

  @Override
  public CopyQueue newCopyQueue() {
    return new SideCopies(session);
  }

  @Override
  public boolean computesIn(DataType type) {
    return type.isFloat();
  }

  @Override
  public boolean hasHostMemory() {
    return false;
  }

  @Override
  public long availableBytes() {
    session.enter();
    return session.freeBytes();
  }

  @Override
  public long availableHostBytes() {
    return new HostCapacity().availableBytes();
  }

  @Override
  public long peakBytes() {
    return memory.peakBytes();
  }

  /** What is held now and by whom, for tests and errors. */
  public String census() {
    return memory.census();
  }

  /** Waits until everything that was queued is done. */
  public void synchronize() {
    session.enter();
    session.stream().synchronize();
  }

  /**
   * What the GPU took from one {@link #point} to a later one, in milliseconds; waits for it.
   *
   * @param from of the last few points
   */
  public float millisBetween(DevicePoint from, DevicePoint to) {
    return QueuePoints.millisBetween(from, to);
  }

  /** For tests of what happens then: a kernel writes to memory that nobody has. */
  void loseGpu() {
    launcher.kernel(KernelCatalog.FILL.of(DataType.FLOAT32)).pointer(64).number(1f).count(1);
    launcher.launch(1, 32);
  }

  /** What the work that the action queues takes on the GPU, in milliseconds; waits for it. */
  public float millisOf(Runnable action) {
    DevicePoint start = point();
    action.run();
    return millisBetween(start, point());
  }

  /**
   * Frees everything. After a lost GPU each part fails; all are tried, so that nothing of the host
   * stays and the connection is given up.
   *
   * @throws CudaException the first failure, once all was tried
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      session.enter();
      closeAll(products::close, fastAttention::close, this::closeBeforeProducts);
    }
  }

  private void closeBeforeProducts() {
    closeAll(
        masks::close,
        reductions::close,
        uploads::close,
        downloads::close,
        points::close,
        memory::close,
        launcher::close,
        session::close);
  }

  private static void closeAll(Runnable... parts) {
    RuntimeException failure = null;
    for (Runnable part : parts) {
      try {
        part.run();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
