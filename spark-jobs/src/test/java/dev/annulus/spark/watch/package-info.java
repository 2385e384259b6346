/** Tests of what people and monitoring see of a run. */
package dev.annulus.spark.watch;
