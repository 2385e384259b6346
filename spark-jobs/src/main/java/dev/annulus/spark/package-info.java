/** The main class that spark-submit and the launcher run. */
package dev.annulus.spark;
