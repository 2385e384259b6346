/** Tests of the check of a cluster: its parts one by one, with threads for workers. */
package dev.annulus.spark.doctor.cluster;
