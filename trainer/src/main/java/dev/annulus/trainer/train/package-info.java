/**
 * One worker's whole run: from the configuration and a rank's environment to trained weights. A
 * step is a function of (weights, moments, its number); all workers carry out the same steps and
 * hold the same weights, bit for bit. Steps count from 1 over all stages, ranks and stages from 0;
 * times are nanoseconds unless a name says milliseconds. Knows nothing of Spark. Everything belongs
 * to the worker's thread, but for what writes checkpoints behind it.
 */
package dev.annulus.trainer.train;
