/**
 * Sources as files on any Hadoop file system, cut into splits that are read one by one: text (a
 * file is a document), JSON lines, Parquet. Documents have an order, (source, file, line), and a
 * place, {@code file} or {@code file:line}; a line is that of the text, or the row in a Parquet
 * file, from 1. Readers are used by one thread each. Nothing here knows Spark.
 */
package dev.annulus.data.source;
