/**
 * What a run is: typed, validated configuration and the errors that a user's input can have.
 *
 * <p>Every record is immutable and holds only validated values; reading happens once, at the start
 * of a command. Thread-safe.
 */
package dev.annulus.config;
