/**
 * Tests of the source tree itself: who may know whom, how sources are named and formatted, what
 * lies where. Each rule says why it is one.
 */
package dev.annulus.tree;
