package dev.annulus.tree;

import java.util.List;

/**
 * The packages through which a foreign world may be entered.
 *
 * @param foreign packages of that world
 * @param doors ours that may know them
 * @param reason why no others
 */
record Door(List<String> foreign, List<String> doors, String reason) {
  static final List<Door> ALL =
      List.of(
          new Door(
              List.of("io.aeron..", "org.agrona.."),
              List.of("dev.annulus.link.aeron.."),
              "the ring runs over any Link, and is tested over simulated ones without a socket"),
          new Door(
              List.of("io.netty..", "jdk.net.."),
              List.of("dev.annulus.link.tcp.."),
              "it is Spark's Netty: when Spark changes it, one package changes"),
          new Door(
              List.of("javax.crypto.."),
              List.of("dev.annulus.link.security.."),
              "what is protected and how is read in one place by whoever checks it"),
          new Door(
              List.of("org.bytedeco.."),
              List.of("dev.annulus.device.cpu.."),
              "another BLAS, or a GPU, is another device and not a change to every kernel"),
          new Door(
              List.of("jcuda.."),
              List.of("dev.annulus.device.cuda.."),
              "one file checks each call of the driver and says what to do when it fails"),
          new Door(
              List.of("jdk.incubator.vector.."),
              List.of("dev.annulus.device.cpu..", "dev.annulus.attention.cpu.."),
              "it is incubating: when it changes, two packages change"),
          new Door(
              List.of("org.apache.spark.."),
              List.of("dev.annulus.spark..", "dev.annulus.data.spark.."),
              "models, rings and data are tested and used without a cluster"),
          new Door(
              List.of("org.apache.parquet..", "org.apache.hadoop.."),
              List.of(
                  "dev.annulus.data.parquet..",
                  "dev.annulus.data.source..",
                  "dev.annulus.data.spark..",
                  "dev.annulus.spark.."),
              "what a packed row is does not depend on how it is stored"),
          new Door(
              List.of("com.esotericsoftware.."),
              List.of("dev.annulus.spark.."),
              "what the driver and its workers tell each other is the jobs' own affair"),
          new Door(
              List.of("com.codahale.."),
              List.of("dev.annulus.spark.watch.."),
              "it is the library of Spark's metrics: figures are kept as plain values elsewhere"),
          new Door(
              List.of("ai.djl.."),
              List.of("dev.annulus.data.tokenizer.."),
              "the rest knows a Tokenizer, which can also be plain bytes"),
          new Door(
              List.of("com.github.luben.."),
              List.of("dev.annulus.data.source.."),
              "a document is read the same however its file was compressed"),
          new Door(
              List.of("com.hubspot.."),
              List.of("dev.annulus.data.chat.."),
              "a conversation becomes text in one place, whatever renders its template"),
          new Door(
              List.of("org.snakeyaml.."),
              List.of("dev.annulus.config.."),
              "a configuration is read once, in one place, and is typed from there on"),
          new Door(
              List.of("picocli.."),
              List.of("dev.annulus.spark.."),
              "a library does not parse arguments"));

  @Override
  public String toString() {
    return String.join(", ", foreign);
  }
}
