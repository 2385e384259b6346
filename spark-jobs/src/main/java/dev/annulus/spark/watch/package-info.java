/**
 * To see what goes on in a run: what workers tell of themselves every few seconds, the driver's
 * view of it, and what is made of that view: metrics of Spark, a table of ranks, a line about who
 * waits for whom. Nothing here takes part in the run: what is lost costs a figure on a screen.
 * Times are of monotonic clocks unless a name says otherwise; the view is safe to use from any
 * thread.
 */
package dev.annulus.spark.watch;
