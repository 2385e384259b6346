/**
 * How Spark starts all workers of a run together, how they find each other, and what they and the
 * driver tell each other (Kryo 5, registered classes only).
 */
package dev.annulus.spark.gang;
