/**
 * The GPU: its memory, its queue, kernels built ahead, and matrix products through the host's
 * cublasLt. {@code CudaDriver} alone knows JCuda; {@code LibCuda} and {@code CublasLt} call native
 * functions.
 *
 * <p>Everything of a device is queued in one stream and so happens in the order of the calls. A
 * device belongs to one worker; its calls may come from any thread, one at a time. Addresses are
 * numbers of the GPU's memory, sizes are bytes, shapes are those of {@link
 * dev.annulus.device.Kernels}. The kernels' sources stand in {@code src/main/cuda}.
 */
package dev.annulus.device.cuda;
