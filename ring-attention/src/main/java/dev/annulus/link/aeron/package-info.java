/**
 * Links over Aeron: shared memory between workers of one process, UDP between processes. The frames
 * are described byte by byte in docs/wire-format.md. Aeron and Agrona are imported here and nowhere
 * else.
 *
 * <p>One thread a process, {@link dev.annulus.link.aeron.AeronRuntime}'s, runs the media driver,
 * the Aeron client and all sending and receiving of all links while workers compute; nothing else
 * touches an Aeron object. Workers hand it transfers through queues and wait for their state to
 * change.
 */
package dev.annulus.link.aeron;
