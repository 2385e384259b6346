package dev.annulus.trainer.huggingface;

import static dev.annulus.trainer.huggingface.SafetensorsBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders out and in again, and folders that do not fit. */
final class HuggingFaceModelTest {
  @TempDir Path temp;

  private final Device device = new ReferenceDevice();
  private final DeviceArena arena = device.newArena();

  @AfterEach
  void free() {
    arena.close();
    device.close();
  }

  private Parameters random(LlamaConfig config) {
    return TinyModels.upload(config, TinyModels.randomWeights(config, 3), device, arena);
  }

  private Map<String, double[]> read(Path folder) {
    LlamaConfig config = HuggingFaceModel.readConfig(folder);
    Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
    HuggingFaceModel.readWeights(folder, config, weights, device);
    return TinyModels.download(weights, device);
  }

  private static void assertSame(Map<String, double[]> actual, Map<String, double[]> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private List<Problem> problems(Path folder) {
    InvalidInputException failure =
        catchThrowableOfType(InvalidInputException.class, () -> read(folder));
    assertThat(failure).as("a folder that should be refused").isNotNull();
    return failure.problems();
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    LlamaConfig config = TinyModels.config(2, false);
    Path folder = temp.resolve("runs/model");

    HuggingFaceModel.write(folder, config, random(config), device);

    assertThat(names(folder))
        .containsExactly("config.json", "generation_config.json", "model.safetensors");
    assertThat(names(folder.getParent())).containsExactly("model");
    assertThat(HuggingFaceModel.readConfig(folder).toJson()).isEqualTo(config.toJson());
    assertSame(read(folder), TinyModels.randomWeights(config, 3));
    assertThat(Files.readString(folder.resolve("generation_config.json")))
        .contains("\"bos_token_id\" : 1", "\"eos_token_id\" : 2");
  }

  @Test
  void sameModelGivesSameBytes() throws IOException {
    LlamaConfig config = TinyModels.config(4, true);
    for (String name : List.of("a", "b")) {
      HuggingFaceModel.write(temp.resolve(name), config, random(config), device);
    }
    for (String file : names(temp.resolve("a"))) {
      assertThat(temp.resolve("a").resolve(file))
          .hasSameBinaryContentAs(temp.resolve("b").resolve(file));
    }
  }

  @Test
  void largeModelsAreWrittenInShards() throws IOException {
    LlamaConfig config = TinyModels.config(2, false);
    Path folder = temp.resolve("model");

    HuggingFaceModel.write(folder, config, random(config), device, aside -> {}, 5000);

    assertThat(names(folder))
        .contains("model.safetensors.index.json", "model-00001-of-00003.safetensors")
        .doesNotContain("model.safetensors");
    for (String name : names(folder)) {
      assertThat(Files.size(folder.resolve(name))).as(name).isLessThan(8000);
    }
    assertSame(read(folder), TinyModels.randomWeights(config, 3));
  }

  @Test
  void replacesAFolderAndTakesMoreFiles() throws IOException {
    LlamaConfig config = TinyModels.config(2, true);
    Path folder = temp.resolve("model");
    Files.createDirectories(folder.resolve("old"));

    HuggingFaceModel.write(
        folder,
        config,
        random(config),
        device,
        aside -> Files.writeString(aside.resolve("tokenizer.json"), "{}"));

    assertThat(names(folder))
        .containsExactly(
            "config.json", "generation_config.json", "model.safetensors", "tokenizer.json");
    assertThat(names(temp)).containsExactly("model");
  }

  @Test
  void failedWriteLeavesTheOldFolderAndNothingElse() throws IOException {
    LlamaConfig config = TinyModels.config(2, true);
    Path folder = temp.resolve("model");
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("precious"), "x");

    assertThatThrownBy(
            () ->
                HuggingFaceModel.write(
                    folder,
                    config,
                    random(config),
                    device,
                    aside -> {
                      throw new IOException("no space left on device");
                    }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("no space left");

    assertThat(names(temp)).containsExactly("model");
    assertThat(names(folder)).containsExactly("precious");
  }

  @Test
  void tiedModelMayCarryItsHeadAndOldModelsTheirFrequencies() throws IOException {
    LlamaConfig config = TinyModels.config(2, true);
    Path folder = temp.resolve("model");
    HuggingFaceModel.write(folder, config, random(config), device);

    rewrite(
        folder,
        config,
        List.of(),
        List.of(
            new Extra("lm_head.weight", "BF16", List.of(13L, 12L)),
            new Extra("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", List.of(3L))));

    assertThat(read(folder)).containsKey("model.norm.weight");
  }

  @Test
  void namesEveryTensorThatDoesNotFit() throws IOException {
    LlamaConfig config = TinyModels.config(2, false);
    Path folder = temp.resolve("model");
    HuggingFaceModel.write(folder, config, random(config), device);
    rewrite(
        folder,
        config,
        List.of("lm_head.weight", "model.layers.1.mlp.up_proj.weight", "model.norm.weight"),
        List.of(
            new Extra("model.norm.weight", "I32", List.of(12L)),
            new Extra("model.layers.1.mlp.up_proj.weight", "F32", List.of(12L, 11L)),
            new Extra("model.layers.0.self_attn.q_proj.bias", "F32", List.of(24L))));

    assertThat(problems(folder))
        .extracting(
            problem -> problem.place().replaceAll(".* tensor ", "") + ": " + problem.value())
        .containsExactlyInAnyOrder(
            "lm_head.weight: missing",
            "model.layers.1.mlp.up_proj.weight: shape [12, 11]",
            "model.norm.weight: I32",
            "model.layers.0.self_attn.q_proj.bias: F32 [24]");
  }

  @Test
  void indexMustNameFilesBesideItThatHoldWhatItSays() throws IOException {
    LlamaConfig config = TinyModels.config(2, false);
    Path folder = temp.resolve("model");
    HuggingFaceModel.write(folder, config, random(config), device, aside -> {}, 5000);
    Path index = folder.resolve("model.safetensors.index.json");
    String json = Files.readString(index);

    Files.writeString(index, json.replaceFirst("model-00001-of-00003", "../model-00001-of-00003"));
    assertThat(problems(folder)).anySatisfy(p -> assertThat(p.value()).startsWith("../model"));

    Files.writeString(index, json.replaceFirst("model-00001-of-00003", "model-00003-of-00003"));
    assertThat(problems(folder))
        .singleElement()
        .satisfies(p -> assertThat(p.place()).endsWith("weight_map model.embed_tokens.weight"));

    Files.writeString(index, json);
    Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
    assertThat(problems(folder)).singleElement().asString().contains("no such file");

    Files.writeString(index, "{");
    assertThat(problems(folder)).singleElement().asString().contains("index.json:");
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    Path none = temp.resolve("none");
    assertThat(problems(none)).singleElement().asString().contains("no such folder");
    Files.createDirectories(none);
    assertThat(problems(none)).singleElement().asString().contains("config.json", "no such file");
    LlamaConfig config = TinyModels.config(2, false);
    HuggingFaceModel.write(none, config, random(config), device);
    Files.delete(none.resolve("model.safetensors"));
    assertThat(problems(none)).singleElement().asString().contains("no weights");
  }

  private record Extra(String name, String type, List<Long> shape) {
    long bytes() {
      long elements = shape.stream().reduce(1L, (a, b) -> a * b);
      return elements * SafetensorsType.valueOf(type).bytes();
    }
  }

  /** Writes the weights as zeros, some left out, some added. */
  private static void rewrite(
      Path folder, LlamaConfig config, List<String> without, List<Extra> with) throws IOException {
    List<Extra> tensors = new ArrayList<>();
    for (ParameterSpec spec : ParameterLayout.of(config).specs()) {
      if (!without.contains(spec.name())) {
        tensors.add(new Extra(spec.name(), "F16", spec.shape()));
      }
    }
    tensors.addAll(with);
    List<String> entries = new ArrayList<>();
    long offset = 0;
    for (Extra tensor : tensors) {
      entries.add(
          entry(
              tensor.name(),
              tensor.type(),
              tensor.shape().toString(),
              offset,
              offset + tensor.bytes()));
      offset += tensor.bytes();
    }
    SafetensorsBytes.write(
        folder.resolve("model.safetensors"), "{" + String.join(",", entries) + "}", (int) offset);
  }
}
