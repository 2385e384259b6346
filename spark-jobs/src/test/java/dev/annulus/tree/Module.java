package dev.annulus.tree;

import java.util.List;
import java.util.stream.Stream;

/**
 * A Maven module as the layering rules see it.
 *
 * @param name of its folder
 * @param packages its own
 * @param foreign what it may see of other people's libraries, beside the JDK
 * @param leansOn the modules below that it may see
 */
record Module(String name, List<String> packages, List<String> foreign, List<Module> leansOn) {
  private static final Module CLUSTER_CONFIG =
      new Module(
          "cluster-config",
          List.of("dev.annulus.config..", "dev.annulus.layout..", "dev.annulus.mesh.."),
          List.of("org.snakeyaml.engine.."),
          List.of());

  private static final Module RING_ATTENTION =
      new Module(
          "ring-attention",
          List.of(
              "dev.annulus.attention..",
              "dev.annulus.device..",
              "dev.annulus.link..",
              "dev.annulus.ring..",
              "dev.annulus.collective.."),
          List.of(
              "io.aeron..",
              "io.netty..",
              "jcuda..",
              "org.agrona..",
              "org.bytedeco..",
              "javax.crypto..",
              "jdk.incubator.vector..",
              "jdk.net.."),
          List.of(CLUSTER_CONFIG));

  private static final Module DATA_PIPELINE =
      new Module(
          "data-pipeline",
          List.of("dev.annulus.data.."),
          List.of(
              "ai.djl..",
              "com.fasterxml.jackson..",
              "com.github.luben.zstd..",
              "com.hubspot.jinjava..",
              "org.apache.hadoop..",
              "org.apache.parquet..",
              "org.apache.spark..",
              "scala.."),
          List.of(CLUSTER_CONFIG));

  private static final Module TRAINER =
      new Module(
          "trainer",
          List.of("dev.annulus.trainer.."),
          List.of("com.fasterxml.jackson.."),
          List.of(CLUSTER_CONFIG, RING_ATTENTION, DATA_PIPELINE));

  private static final Module SPARK_JOBS =
      new Module(
          "spark-jobs",
          List.of("dev.annulus.spark.."),
          List.of(
              "com.codahale.metrics..",
              "com.esotericsoftware..",
              "com.fasterxml.jackson..",
              "com.sun.management..",
              "org.apache.hadoop..",
              "org.apache.spark..",
              "picocli..",
              "scala.."),
          List.of(CLUSTER_CONFIG, RING_ATTENTION, DATA_PIPELINE, TRAINER));

  /** All of them, from the one that knows least to the one that knows everything. */
  static final List<Module> ALL =
      List.of(CLUSTER_CONFIG, RING_ATTENTION, DATA_PIPELINE, TRAINER, SPARK_JOBS);

  /** Everything that its classes may depend on. */
  String[] visible() {
    return Stream.of(
            packages.stream(),
            foreign.stream(),
            leansOn.stream().flatMap(module -> module.packages.stream()),
            Stream.of("java.."))
        .flatMap(names -> names)
        .toArray(String[]::new);
  }

  @Override
  public String toString() {
    return name;
  }
}
