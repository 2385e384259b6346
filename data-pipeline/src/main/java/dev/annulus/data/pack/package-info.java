/**
 * Documents to rows of fixed length, and the weights of their targets. Deterministic: the same
 * documents, settings and seed give the same rows.
 */
package dev.annulus.data.pack;
