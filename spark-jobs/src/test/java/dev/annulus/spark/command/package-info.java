/**
 * The command line as a user meets it: arguments in; exit code, standard output, standard error and
 * files out. Everything runs in this JVM, Spark in local mode; standard streams are process-wide,
 * so one command runs at a time.
 */
package dev.annulus.spark.command;
