/**
 * How peers are told from anybody else: a secret that all of a run know, a session whose keys
 * depend on it and on fresh random numbers of all ranks, and seals that prove frame by frame that
 * the sender has those keys. docs/security.md says against whom.
 *
 * <p>Nothing here invents cryptography: HKDF (RFC 5869), HMAC-SHA-256 (RFC 2104) and AES-256-GCM
 * (NIST SP 800-38D) are the JDK's. Secrets and keys are never in a text.
 */
package dev.annulus.link.security;
