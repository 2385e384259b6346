/** Storage that works, fails, stalls and lies. */
package dev.annulus.spark.storage;
