/**
 * The jobs behind the commands: each takes a configuration and gives a result, and knows nothing of
 * the command line.
 */
package dev.annulus.spark.job;
