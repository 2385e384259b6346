package dev.annulus.config;

/**
 * {@code checkpoint:} when a run can be continued from.
 *
 * @param everySteps default 50; 0 means only at the end of a stage
 * @param keep how many of the newest are kept; default 2
 */
public record CheckpointSettings(int everySteps, int keep) {}
