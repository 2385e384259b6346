/**
 * Packed rows as Parquet files in a folder, with a manifest that says what made them. The files are
 * written by Parquet's own library through Hadoop file systems; nothing here knows Spark. The
 * format stands in {@code docs/data-format.md}.
 */
package dev.annulus.data.parquet;
