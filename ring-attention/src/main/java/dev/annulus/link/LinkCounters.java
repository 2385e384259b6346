package dev.annulus.link;

/**
 * What went through one worker's end of the network since it was opened.
 *
 * @param bytesSent payload bytes handed to other workers
 * @param bytesReceived payload bytes got from them
 * @param messagesSent messages handed over
 */
public record LinkCounters(long bytesSent, long bytesReceived, long messagesSent) {}
