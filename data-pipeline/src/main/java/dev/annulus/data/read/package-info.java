/** What a worker reads: packed rows by their number, and the order in which a run visits them. */
package dev.annulus.data.read;
