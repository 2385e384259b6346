package dev.annulus.config;

/**
 * {@code half_fine_tuning:} train a random half of each block's weights in this stage and freeze
 * the rest.
 *
 * @param enabled default false
 * @param seed default 7; the choice is a pure function of (seed, stage, number of blocks)
 */
public record HalfFineTuningSettings(boolean enabled, long seed) {}
