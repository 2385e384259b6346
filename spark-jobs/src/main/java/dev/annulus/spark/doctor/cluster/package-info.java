/**
 * Whether a cluster is fit for a run: a gang of workers that look at their hosts, measure every
 * pair of them over the transport and try the shared storage, and what the driver makes of it. What
 * workers find are records that travel as JSON. Times are as their names say, rates bytes a second.
 */
package dev.annulus.spark.doctor.cluster;
