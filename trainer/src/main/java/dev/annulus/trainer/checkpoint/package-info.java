/**
 * Checkpoints: a folder that is complete or does not exist. A store writes it aside, forces it to
 * disk, adds the manifest last and renames it; readers verify every checksum. Sizes are bytes,
 * steps are optimiser steps of the run, from 1. One process writes at a time, and only rank 0
 * writes; each object belongs to one thread.
 */
package dev.annulus.trainer.checkpoint;
