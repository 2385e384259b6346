/**
 * Checkpoints: a folder that is complete or does not exist. All ranks write their parts of it aside
 * and force them to disk; then rank 0 adds the manifest and renames the folder (a store elsewhere
 * may have another commit); readers verify every checksum. Sizes are bytes, steps are optimiser
 * steps of the run, from 1. A store is used by one thread of each rank at a time; other objects
 * belong to one thread.
 */
package dev.annulus.trainer.checkpoint;
