/**
 * What a corpus is like before it is packed, and what packing made of it: lengths, duplicates,
 * forecasts; as text, JSON and a page with histograms. Nothing here knows Spark.
 */
package dev.annulus.data.statistics;
