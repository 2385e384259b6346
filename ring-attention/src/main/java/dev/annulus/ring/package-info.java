/**
 * Ring attention: the plan of who computes what with whose keys as a value, and the loop that
 * carries it out over a {@link dev.annulus.link.Link}. Knows links and devices, never a transport
 * or a GPU.
 */
package dev.annulus.ring;
