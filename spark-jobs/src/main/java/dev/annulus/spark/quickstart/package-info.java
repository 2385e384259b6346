/** The main job end to end on one machine, on real text, with everything chosen for a newcomer. */
package dev.annulus.spark.quickstart;
