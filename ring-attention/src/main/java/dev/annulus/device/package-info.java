/**
 * What computes: memory and the operations of a transformer on it.
 *
 * <p>Tensors are row-major matrices in memory of the device, 64-byte aligned; vectors have one row.
 * Operations run on the calling thread or in the device's queue, in order; a device and its tensors
 * belong to one worker thread.
 */
package dev.annulus.device;
