/**
 * What a run is: typed, validated configuration and the errors that a user's input can have.
 *
 * <p>{@link dev.annulus.config.RunConfigReader} turns YAML and overrides into a {@link
 * dev.annulus.config.RunConfig}: text to a tree that remembers its lines, overrides into the tree,
 * sections to records, each by its reader. The records are immutable, hold only validated values
 * and are thread-safe; reading happens once, at the start of a command, on one thread.
 */
package dev.annulus.config;
