/**
 * From gradients to new weights: learning rates, clipping, AdamW. Learning rates and clip factors
 * are pure functions in double; moments are fp32, one value a trainable weight of the rank's range,
 * and lie on the device. Everything belongs to the worker's thread.
 */
package dev.annulus.trainer.optimizer;
