/**
 * The CPU as a device: OpenBLAS for products of matrices, the Vector API for the rest, all on the
 * calling thread.
 *
 * <p>The same inputs give the same bits each time: reductions run in a fixed order, and only
 * operations that the interpreter and the compiler round alike are used (so not the Vector API's
 * own exponential, nor its sums over lanes). Tensors are fp32, row-major, in host memory.
 */
package dev.annulus.device.cpu;
