/**
 * The only package that knows Spark: documents are read and tokenised on the executors, put in
 * order by Spark, and packed and written by the driver, which holds one window of the packer and
 * one partition of token ids at a time. The result does not depend on the number of partitions.
 * What stands in a record here is sent to executors by Java serialisation.
 */
package dev.annulus.data.spark;
