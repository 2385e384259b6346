/**
 * The workers of a run as a data x context grid. Ranks count from 0. Immutable values, thread-safe.
 */
package dev.annulus.mesh;
