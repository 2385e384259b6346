/**
 * Links over TCP, with Netty: for networks that carry small packets only, where the kernel cuts and
 * joins them for TCP and for nobody else. The frames are those of every transport, described byte
 * by byte in docs/wire-format.md. Netty, in the version that Spark brings, is imported here and
 * nowhere else.
 *
 * <p>One connection a direction and stream between two ranks, opened by the sender with its first
 * message. One thread a process and stream, {@link dev.annulus.link.tcp.TcpRuntime}'s, does all
 * reading and writing; workers hand it transfers through queues and wait for their state to change.
 * What is sent goes from the worker's memory to the kernel without a copy, what is received is
 * copied once, to where it is awaited. Nothing is read that is not awaited, so that a sender is
 * held up by full sockets.
 */
package dev.annulus.link.tcp;
