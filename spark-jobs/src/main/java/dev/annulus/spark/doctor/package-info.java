/** What this machine offers, what a run would use, and what is missing. */
package dev.annulus.spark.doctor;
