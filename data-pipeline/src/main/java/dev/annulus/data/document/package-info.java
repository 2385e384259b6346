/**
 * Documents before they are packed: as text or ready token ids, then as token ids; how they are
 * read from JSON lines, and what was wrong with them. A place is {@code file} or {@code file:line},
 * lines from 1. Nothing here knows Spark.
 */
package dev.annulus.data.document;
