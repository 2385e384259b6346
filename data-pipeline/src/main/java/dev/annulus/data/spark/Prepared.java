package dev.annulus.data.spark;

import dev.annulus.data.parquet.PackedManifest;

/**
 * Packed rows that are ready.
 *
 * @param folder where they stand
 * @param manifest what they are
 * @param reused whether they were there already
 * @param reason why they were made, or that they fit, in one line for people
 */
public record Prepared(String folder, PackedManifest manifest, boolean reused, String reason) {}
