package dev.annulus.data.parquet;

import java.io.Serializable;

/**
 * One Parquet file of a packed folder.
 *
 * @param name within the folder
 * @param rows packed rows in it
 * @param bytes its size
 * @param sha256 of its bytes, in hex
 */
public record PartFile(String name, int rows, long bytes, String sha256) implements Serializable {}
