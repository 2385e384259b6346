/**
 * The CPU as a device: OpenBLAS for products of matrices, the Vector API for the rest, on the
 * calling thread and the device's own helpers. Work is cut up by shape, never by the number of
 * threads.
 *
 * <p>{@link dev.annulus.device.cpu.OpenBlas} multiplies matrices as they lie; {@link
 * dev.annulus.device.cpu.PanelProducts} is the kernel inside it, for who packs operands once and
 * uses them many times.
 *
 * <p>The same inputs give the same bits each time, on any number of threads: reductions run in a
 * fixed order, and only operations that the interpreter and the compiler round alike are used (so
 * not the Vector API's own exponential, nor its sums over lanes). Tensors are fp32, row-major, in
 * host memory.
 */
package dev.annulus.device.cpu;
