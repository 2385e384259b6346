/**
 * Attention as the formulas say it, in plain double precision, never optimised: what every other
 * kernel is tested against. Arrays are row-major with the shapes of {@link
 * dev.annulus.attention.AttentionKernel}; nothing is kept between calls.
 */
package dev.annulus.attention.reference;
