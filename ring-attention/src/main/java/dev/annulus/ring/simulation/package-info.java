/**
 * A whole ring in one thread and virtual time: the passes of {@link dev.annulus.ring} with real
 * data over a {@link dev.annulus.link.simulated.SimulatedNetwork}, with whatever goes wrong drawn
 * from a seed.
 */
package dev.annulus.ring.simulation;
