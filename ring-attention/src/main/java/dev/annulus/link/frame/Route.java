package dev.annulus.link.frame;

/**
 * Who sends to whom, over which of their streams, in which attempt of which run.
 *
 * @param runId the run
 * @param epoch the attempt of the run
 * @param from rank of the sender
 * @param to rank of the receiver
 * @param stream of the streams that a message is striped over, from 0
 */
public record Route(long runId, int epoch, int from, int to, int stream) {}
