/**
 * Which weights of a stage stay as they are. A frozen tensor is left out of the gradient layout:
 * that alone spares its gradient, its moments, its decay, its share of the clip norm and of the
 * reduction. Pure functions, thread-safe.
 */
package dev.annulus.trainer.freeze;
