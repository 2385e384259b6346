/**
 * The operations of {@link dev.annulus.device.Kernels} in plain double precision, never optimised:
 * what every other device is tested against. Each operation is one file on {@code double[]},
 * row-major with the shapes of the interface; {@link dev.annulus.device.reference.ReferenceKernels}
 * puts fp32 tensors around them. Stateless.
 */
package dev.annulus.device.reference;
