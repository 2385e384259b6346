/**
 * What a link carries, found out by using it. All workers of a link measure at the same time, one
 * thread each; times are nanoseconds, rates bytes a second.
 */
package dev.annulus.link.probe;
