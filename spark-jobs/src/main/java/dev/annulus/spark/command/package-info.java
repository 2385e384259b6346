/** The command line: one small file a command, options in, exit code out. */
package dev.annulus.spark.command;
