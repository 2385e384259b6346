/**
 * Sums, copies and barriers over all workers of a {@link dev.annulus.link.Link}, in a fixed order
 * of reduction.
 */
package dev.annulus.collective;
