/**
 * Peer to peer messages between the workers of a run. A {@link dev.annulus.link.Link} is one
 * worker's end; there is one implementation per transport, and all pass the same conformance tests.
 * Ranks count from 0.
 */
package dev.annulus.link;
