/**
 * What a run keeps on a file system that Hadoop knows and nobody mounts ({@code hdfs:}, {@code
 * s3a:}): checkpoints, its logs, models. One rule for all of them: files are written under names
 * that nobody reads, and the rename of one small file makes them count. Every call has a deadline
 * and is made a bounded number of times. Sizes are bytes.
 */
package dev.annulus.spark.storage;
