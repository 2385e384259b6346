/** How workers are placed, awaited and lost. */
package dev.annulus.spark.gang;
