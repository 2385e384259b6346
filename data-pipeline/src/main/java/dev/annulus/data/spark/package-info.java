/**
 * The only package that knows Spark: documents are read and tokenised on the executors, moved to
 * the windows that their numbers say, and packed and written there, each window into a part of its
 * own; the driver holds counts and the list of parts. The result does not depend on the number of
 * partitions. What stands in a record here is sent to executors by Java serialisation.
 */
package dev.annulus.data.spark;
