package dev.annulus.spark.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.annulus.config.HalfFineTuningSettings.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How much a model forgets of what it knew when it learns one text after the other: {@code
 * main(BASE, FOLDER, STEPS, TEXT...)}. BASE is a Hugging Face folder with a tokeniser, each TEXT a
 * file that is a task. What the base knew is measured on samples of its own. Prints the losses
 * after each task and what follows from them, for fine-tuning of all weights, of half of them, and
 * for merging models that were each fine-tuned from the base.
 */
final class ForgettingExperiment {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Characters of a document: with a tokeniser of characters they fit into a row. */
  private static final int DOCUMENT = 240;

  /** Every so many-th document is held out. */
  private static final int HELD_OUT_EVERY = 20;

  private static final int MOST_HELD_OUT = 60;
  private static final int SAMPLES = 60;
  private static final List<String> BEGINNINGS =
      List.of("Once upon a time", "One day", "Lily", "There was a", "Tom", "The little");

  private final Path base;
  private final Path folder;
  private final int steps;
  private final List<Path> texts;

  private ForgettingExperiment(Path base, Path folder, int steps, List<Path> texts) {
    this.base = base;
    this.folder = folder;
    this.steps = steps;
    this.texts = texts;
  }

  public static void main(String[] args) throws IOException {
    List<Path> texts = new ArrayList<>();
    for (int i = 3; i < args.length; i++) {
      texts.add(Path.of(args[i]).toAbsolutePath());
    }
    new ForgettingExperiment(
            Path.of(args[0]).toAbsolutePath(),
            Files.createDirectories(Path.of(args[1]).toAbsolutePath()),
            Integer.parseInt(args[2]),
            texts)
        .run();
  }

  private void run() throws IOException {
    writeSamples();
    for (int task = 0; task < texts.size(); task++) {
      writeTask(task);
    }
    System.out.println(header());
    System.out.println(row("base", scores(base)));
    Map<String, List<double[]>> methods = new LinkedHashMap<>();
    methods.put("all weights", sequence("full", "{enabled: false}"));
    for (Mode mode : List.of(Mode.RANDOM, Mode.CYCLIC)) {
      String name = mode.name().toLowerCase(Locale.ROOT);
      methods.put(
          "half, " + name,
          sequence("half-" + name, "{enabled: true, seed: %d, mode: " + name + "}"));
    }
    trainFromBase();
    for (String method : List.of("opcm", "opcm, alpha: 0.8", "average", "task_arithmetic")) {
      methods.put("merge, " + method.replace(":", ""), merges(method));
    }
    System.out.println(summaryHeader());
    methods.forEach((name, losses) -> System.out.println(summary(name, losses)));
  }

  /** Text that the base writes when nothing but a beginning is given. */
  private void writeSamples() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < SAMPLES; i++) {
      CommandRun run =
          CommandRun.done(
              "generate",
              "--model",
              base.toString(),
              "--prompt",
              BEGINNINGS.get(i % BEGINNINGS.size()),
              "--max-new-tokens",
              "220",
              "--temperature",
              "1",
              "--seed",
              Integer.toString(1000 + i),
              "--json");
      lines.append(document(run.json().get("text").textValue()));
    }
    Files.writeString(heldOut(0), lines);
  }

  private void writeTask(int task) throws IOException {
    String text =
        Files.readString(texts.get(task), StandardCharsets.UTF_8)
            .replaceAll("[^\\x21-\\x7e]+", " ")
            .replaceAll("[={}_#@^]", " ")
            .replaceAll(" +", " ");
    StringBuilder training = new StringBuilder();
    StringBuilder heldOut = new StringBuilder();
    int held = 0;
    for (int i = 0; (i + 1) * DOCUMENT <= text.length(); i++) {
      String document = document(text.substring(i * DOCUMENT, (i + 1) * DOCUMENT));
      if (i % HELD_OUT_EVERY == 0) {
        if (held++ < MOST_HELD_OUT) {
          heldOut.append(document);
        }
      } else {
        training.append(document);
      }
    }
    Files.writeString(folder.resolve("task-" + (task + 1) + ".jsonl"), training);
    Files.writeString(heldOut(task + 1), heldOut);
  }

  private static String document(String text) throws IOException {
    return JSON.writeValueAsString(Map.of("text", text)) + "\n";
  }

  private Path heldOut(int task) {
    return folder.resolve("held-out-" + task + ".jsonl");
  }

  /** One task after the other, each from where the one before ended. */
  private List<double[]> sequence(String name, String half) throws IOException {
    List<double[]> losses = new ArrayList<>();
    Path start = base;
    for (int task = 1; task <= texts.size(); task++) {
      start = train(name + "-" + task, start, task, String.format(Locale.ROOT, half, 6 + task));
      losses.add(scores(start));
      System.out.println(row(name + ", task " + task, losses.getLast()));
    }
    return losses;
  }

  private void trainFromBase() throws IOException {
    for (int task = 1; task <= texts.size(); task++) {
      train("from-base-" + task, base, task, "{enabled: false}");
    }
  }

  private List<double[]> merges(String method) throws IOException {
    List<double[]> losses = new ArrayList<>();
    for (int task = 1; task <= texts.size(); task++) {
      List<Path> models = new ArrayList<>();
      for (int i = 1; i <= task; i++) {
        models.add(folder.resolve("from-base-" + i + "/final"));
      }
      Path yaml = folder.resolve("merge.yaml");
      Files.writeString(
          yaml,
          "merge: {method: %s, base: %s, models: %s, output: %s, overwrite: true}%n"
              .formatted(method, base, models, folder.resolve("merged")));
      CommandRun.done("merge", "--config", yaml.toString(), "--json");
      losses.add(scores(folder.resolve("merged")));
      System.out.println(row("merge " + method + ", task " + task, losses.getLast()));
    }
    return losses;
  }

  private Path train(String name, Path start, int task, String half) throws IOException {
    Path yaml = folder.resolve(name + ".yaml");
    Files.writeString(
        yaml,
        """
        run: {name: %s, output_dir: %s, seed: 7}
        model: {path: %s, tokenizer: %s}
        data:
          sources: [{path: %s, format: jsonl, field: text}]
          packed_dir: %s
        parallel: {context: 1, data: 1}
        device: {kind: cpu}
        stages:
          - {sequence_length: 256, steps: %d, sequences_per_step: 8, learning_rate: 1.0e-3,
             schedule: {name: cosine, warmup_steps: 10, min_ratio: 0.1}, half_fine_tuning: %s}
        checkpoint: {every_steps: 0, keep: 1}
        """
            .formatted(
                name,
                folder.resolve(name),
                start,
                base,
                folder.resolve("task-" + task + ".jsonl"),
                folder.resolve("packed-" + task),
                steps,
                half));
    CommandRun run = CommandRun.done("train", "--config", yaml.toString(), "--json");
    System.err.printf(Locale.ROOT, "%s: %.1f s%n", name, run.seconds());
    return folder.resolve(name).resolve("final");
  }

  /** Losses in nats a token: on the base's own samples, then on each task. */
  private double[] scores(Path model) throws IOException {
    double[] losses = new double[texts.size() + 1];
    for (int task = 0; task < losses.length; task++) {
      JsonNode result =
          CommandRun.done(
                  "evaluate",
                  "--model",
                  model.toString(),
                  "--data",
                  heldOut(task).toString(),
                  "--json")
              .json();
      losses[task] = result.get("loss").doubleValue();
    }
    return losses;
  }

  private String header() {
    StringBuilder line = new StringBuilder("| loss on | the base's own samples |");
    StringBuilder rule = new StringBuilder("|---|---|");
    for (Path text : texts) {
      line.append(' ').append(text.getFileName()).append(" |");
      rule.append("---|");
    }
    return line + "\n" + rule;
  }

  private static String row(String name, double[] losses) {
    StringBuilder line = new StringBuilder("| " + name + " |");
    for (double loss : losses) {
      line.append(String.format(Locale.ROOT, " %.3f |", loss));
    }
    return line.toString();
  }

  private static String summaryHeader() {
    return """

        | method | OP: mean loss on all tasks after the last | BWT | the base's own samples |
        |---|---|---|---|""";
  }

  /** OP and BWT of losses; a BWT below 0 is what was forgotten. */
  private static String summary(String name, List<double[]> losses) {
    double[] last = losses.getLast();
    double performance = 0;
    double backward = 0;
    for (int task = 1; task < last.length; task++) {
      performance += last[task] / losses.size();
      backward += (losses.get(task - 1)[task] - last[task]) / losses.size();
    }
    return String.format(
        Locale.ROOT, "| %s | %.3f | %+.3f | %.3f |", name, performance, backward, last[0]);
  }
}
