/**
 * What people and scripts read: lines, a live progress line, tables, one JSON object at the end.
 * Used by the driver's thread.
 */
package dev.annulus.spark.console;
