/**
 * How one packed row lies over the ranks of a ring, and where its documents begin and end.
 *
 * <p>Units: positions and lengths are tokens of the row, counted from 0. All types are immutable
 * values and thread-safe.
 */
package dev.annulus.layout;
