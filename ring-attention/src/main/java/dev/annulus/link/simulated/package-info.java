/**
 * A network in virtual time: all ranks live in one thread, and delays, losses, duplicates,
 * reordering, damage, frozen hosts and deaths come from a seed, so that whatever happens once
 * happens again. The frames are those of the other transports ({@code dev.annulus.link.frame});
 * beneath them lies a small reliable stream, as Aeron and TCP have theirs.
 *
 * <p>Times are nanoseconds of {@link dev.annulus.link.simulated.VirtualTime}, from 0. Nothing here
 * is safe for use by two threads.
 */
package dev.annulus.link.simulated;
