package dev.annulus.spark.gang;

import dev.annulus.config.RunConfig;
import dev.annulus.data.parquet.ParquetPackedRows;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.spark.PrepareRequest;
import dev.annulus.spark.storage.HadoopSettings;

/**
 * Where the packed rows of a stage lie, for the driver that writes them and the workers that read
 * them.
 */
final class PackedRowsOfStage {
  private PackedRowsOfStage() {}

  /** Opens the rows of stage {@code index}. */
  static PackedRows open(RunConfig config, int index) {
    return ParquetPackedRows.open(
        PrepareRequest.folder(config, config.stages().get(index)), HadoopSettings.ofProcess());
  }

  /** Opens the held-out rows that stage {@code index} is measured on. */
  static PackedRows openHeldOut(RunConfig config, int index) {
    return ParquetPackedRows.open(
        PrepareRequest.heldOutFolder(config, config.stages().get(index)),
        HadoopSettings.ofProcess());
  }
}
