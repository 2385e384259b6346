package dev.annulus.link.probe;

/**
 * What one worker of a link found.
 *
 * @param bytesPerSecond that came in from the rank before, while as much went out to the next
 * @param latencyNs of an empty message from a rank to the next, the median
 * @param blocks that came in
 * @param seconds that it took
 */
public record LinkMeasurement(double bytesPerSecond, long latencyNs, int blocks, double seconds) {}
