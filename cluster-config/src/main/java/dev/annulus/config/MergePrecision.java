package dev.annulus.config;

/** What a merge computes in and keeps its running tensors in. */
public enum MergePrecision {
  FLOAT32,
  FLOAT64
}
