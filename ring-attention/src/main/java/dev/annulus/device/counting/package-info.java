/**
 * A device that computes nothing and holds nothing, but counts what would be held: what runs on it
 * tells beforehand what it takes of a real one. Nothing can be read from its memory.
 */
package dev.annulus.device.counting;
