package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.Tokenizers;
import dev.annulus.device.Device;
import dev.annulus.device.choice.DeviceChoice;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.trainer.generate.GenerationSettings;
import dev.annulus.trainer.generate.Generator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** {@code generate}: one model, one prompt, on this machine. */
public final class GenerateJob {
  private GenerateJob() {}

  /**
   * What the model went on with.
   *
   * @param ids the new tokens
   * @param text of them, where there is a tokeniser
   */
  public record Result(List<Integer> ids, Optional<String> text) {}

  /**
   * Goes on from a text (with the tokeniser's BOS in front) or from ids (as they are).
   *
   * @param promptText or null
   * @param promptIds comma-separated, or null
   */
  public static Result run(
      String location, String promptText, String promptIds, GenerationSettings settings) {
    try (ModelCopy copy = ModelCopy.whole(location, HadoopSettings.ofProcess())) {
      return run(location, copy.folder(), promptText, promptIds, settings);
    }
  }

  private static Result run(
      String location,
      Path model,
      String promptText,
      String promptIds,
      GenerationSettings settings) {
    int threads = Runtime.getRuntime().availableProcessors();
    try (Device device = DeviceChoice.of(DeviceChoice.AUTO, 0).open(threads);
        LoadedModel loaded =
            LoadedModel.read(model.toString(), HadoopSettings.ofProcess(), device)) {
      boolean hasTokenizer = Files.exists(model.resolve("tokenizer.json"));
      if (promptText != null && !hasTokenizer) {
        throw new InvalidInputException(
            Location.below(location, "tokenizer.json"),
            "no such file",
            "a tokeniser beside the model for --prompt, or --prompt-ids");
      }
      Generator generator = new Generator(device, loaded.config(), loaded.weights());
      if (!hasTokenizer) {
        int[] ids = generator.generate(parseIds(promptIds), settings);
        return new Result(IntStream.of(ids).boxed().toList(), Optional.empty());
      }
      try (Tokenizer tokenizer = Tokenizers.load(model.toString())) {
        int[] prompt = promptText == null ? parseIds(promptIds) : withBos(tokenizer, promptText);
        int[] ids = generator.generate(prompt, settings);
        return new Result(
            IntStream.of(ids).boxed().toList(), Optional.of(continuation(tokenizer, prompt, ids)));
      }
    }
  }

  private static int[] withBos(Tokenizer tokenizer, String text) {
    int[] ids = tokenizer.encode(text);
    return tokenizer.bosId().isEmpty()
        ? ids
        : IntStream.concat(IntStream.of(tokenizer.bosId().getAsInt()), IntStream.of(ids)).toArray();
  }

  /** The new text: decoders treat the first token of a text apart, so both are decoded whole. */
  private static String continuation(Tokenizer tokenizer, int[] prompt, int[] ids) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + ids.length);
    System.arraycopy(ids, 0, whole, prompt.length, ids.length);
    String before = tokenizer.decode(prompt);
    String all = tokenizer.decode(whole);
    return all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(ids);
  }

  private static int[] parseIds(String text) {
    List<Problem> problems = new ArrayList<>();
    List<Integer> ids = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      try {
        ids.add(Integer.parseInt(part.strip()));
      } catch (NumberFormatException e) {
        problems.add(
            new Problem("--prompt-ids", "'" + part.strip() + "'", "whole numbers between commas"));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }
}
