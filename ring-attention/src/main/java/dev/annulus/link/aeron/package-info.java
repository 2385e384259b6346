/**
 * Links over Aeron: shared memory between workers of one machine, UDP between machines. The frames
 * are described byte by byte in docs/wire-format.md. Aeron and Agrona are imported here and nowhere
 * else.
 *
 * <p>One thread a process and stream, {@link dev.annulus.link.aeron.AeronRuntime}'s, runs the
 * stream's Aeron client, all its sending and receiving of all links and, where the machine has few
 * cores, its media driver, while workers compute; nothing else touches an Aeron object. Workers
 * hand it transfers through queues and wait for their state to change.
 *
 * <p>Every process has media drivers of its own. A peer in another process of the same machine
 * writes straight into the shared memory of the receiver's driver ({@link
 * dev.annulus.link.aeron.PeerDriver}): so a driver lives and dies with the process that it serves,
 * no process waits for another's driver to start, and each has its own sockets and threads towards
 * other machines, of which one moves about 1 GB/s.
 */
package dev.annulus.link.aeron;
