/** Tests of what a cluster is configured with: the files under {@code cluster-config}. */
package dev.annulus.spark.job;
