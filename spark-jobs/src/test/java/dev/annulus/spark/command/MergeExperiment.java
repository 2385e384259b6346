package dev.annulus.spark.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Eight tasks, one small base, a model fine-tuned for each, and all methods of merging them: {@code
 * main(FOLDER)} writes text, trains, merges and prints what it bought. The base has seen a little
 * of all tasks; each model then sees one of them only. Everything is drawn from seeds. {@code
 * main(FOLDER, report)} merges three of them and prints the report of that merge only.
 */
final class MergeExperiment {
  private static final int TRAINING_DOCUMENTS = 600;
  private static final int HELD_OUT_DOCUMENTS = 24;
  private static final int LINES = 4;

  private final Path folder;

  private MergeExperiment(Path folder) {
    this.folder = folder;
  }

  /** One line of a task's text. */
  private enum Task {
    ADD {
      @Override
      String line(SplittableRandom random) {
        int a = random.nextInt(100);
        int b = random.nextInt(100);
        return a + "+" + b + "=" + (a + b);
      }
    },
    REVERSE {
      @Override
      String line(SplittableRandom random) {
        String word = word(random, 6);
        return "rev " + word + " " + new StringBuilder(word).reverse();
      }
    },
    SORT {
      @Override
      String line(SplittableRandom random) {
        String digits = digits(random, 6);
        char[] sorted = digits.toCharArray();
        Arrays.sort(sorted);
        return "sort " + digits + " " + new String(sorted);
      }
    },
    UPPER {
      @Override
      String line(SplittableRandom random) {
        String word = word(random, 8);
        return "up " + word + " " + word.toUpperCase(Locale.ROOT);
      }
    },
    COUNT {
      @Override
      String line(SplittableRandom random) {
        int from = random.nextInt(900);
        int step = 1 + random.nextInt(9);
        StringBuilder line = new StringBuilder("by " + step + ":");
        for (int i = 0; i < 4; i++) {
          line.append(' ').append(from + i * step);
        }
        return line.toString();
      }
    },
    BRACKETS {
      @Override
      String line(SplittableRandom random) {
        StringBuilder open = new StringBuilder();
        StringBuilder close = new StringBuilder();
        for (int i = 0; i < 7; i++) {
          int kind = random.nextInt(4);
          open.append("([{<".charAt(kind));
          close.insert(0, ")]}>".charAt(kind));
        }
        return open.toString() + close;
      }
    },
    COPY {
      @Override
      String line(SplittableRandom random) {
        String word = word(random, 4) + digits(random, 4);
        return "say " + word + " " + word;
      }
    },
    COMPARE {
      @Override
      String line(SplittableRandom random) {
        int a = random.nextInt(1000);
        int b = random.nextInt(1000);
        return a + " is " + (a < b ? "less than " : a > b ? "more than " : "the same as ") + b;
      }
    };

    abstract String line(SplittableRandom random);

    private static String word(SplittableRandom random, int length) {
      StringBuilder word = new StringBuilder();
      for (int i = 0; i < length; i++) {
        word.append((char) ('a' + random.nextInt(26)));
      }
      return word.toString();
    }

    private static String digits(SplittableRandom random, int length) {
      StringBuilder digits = new StringBuilder();
      for (int i = 0; i < length; i++) {
        digits.append((char) ('0' + random.nextInt(10)));
      }
      return digits.toString();
    }

    String lower() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static void main(String[] args) throws IOException {
    MergeExperiment experiment =
        new MergeExperiment(Files.createDirectories(Path.of(args[0]).toAbsolutePath()));
    if (args.length > 1 && args[1].equals("report")) {
      experiment.report();
    } else {
      experiment.run();
    }
  }

  private void report() throws IOException {
    List<Task> tasks = List.of(Task.ADD, Task.REVERSE, Task.SORT);
    trainModels(tasks);
    Path yaml = folder.resolve("merge.yaml");
    writeMerge(yaml, "method: opcm", tasks);
    System.out.println(CommandRun.done("merge", "--config", yaml.toString()).out());
    System.out.println(Files.readString(folder.resolve("merged/merge_report.md")));
  }

  private void trainModels(List<Task> tasks) throws IOException {
    writeTexts();
    train("base", String.join(", ", sources("mixed")), "", 500, 3e-3);
    for (Task task : tasks) {
      String start = "{path: " + folder + "/base/final, tokenizer: bytes}";
      train(task.lower(), String.join(", ", sources(task.lower())), start, 150, 1e-3);
    }
  }

  private void run() throws IOException {
    trainModels(List.of(Task.values()));
    Map<String, String> methods = new LinkedHashMap<>();
    methods.put("average", "method: average");
    methods.put("task_arithmetic, scale 0.3", "method: task_arithmetic");
    methods.put("task_arithmetic, scale 1", "method: task_arithmetic, scale: 1.0");
    methods.put("ties, density 0.2, scale 1", "method: ties");
    methods.put("magmax, scale 0.5", "method: magmax");
    methods.put("magmax, scale 1", "method: magmax, scale: 1.0");
    methods.put("null_space, rank 8, scale 1", "method: null_space, rank: 8");
    methods.put("opcm, alpha 0.5", "method: opcm");
    methods.put("opcm, alpha 0.8", "method: opcm, alpha: 0.8");
    List<String> rows = new ArrayList<>();
    for (Map.Entry<String, String> method : methods.entrySet()) {
      JsonNode scores = merge(method.getValue(), List.of(Task.values()));
      if (rows.isEmpty()) {
        rows.add(header());
        rows.add(row("base", scores.get("base")));
        rows.add(row("each model on its own task", diagonal(scores.get("models"))));
      }
      JsonNode last = scores.get("merges").get(Task.values().length - 1);
      rows.add(
          row(method.getKey(), last)
              + " %.3f | %+.3f / %+.3f |"
                  .formatted(
                      scores.get("acc").doubleValue(),
                      scores.get("bwt_over_t").doubleValue(),
                      scores.get("bwt_over_t_minus_1").doubleValue()));
      if (method.getKey().startsWith("opcm, alpha 0.5")) {
        printMatrix(scores);
      }
    }
    rows.forEach(System.out::println);
    JsonNode two = merge("method: slerp", List.of(Task.ADD, Task.REVERSE));
    System.out.println("slerp of add and reverse: " + two);
  }

  private void writeTexts() throws IOException {
    StringBuilder mixed = new StringBuilder();
    for (Task task : Task.values()) {
      SplittableRandom random = new SplittableRandom(task.name().hashCode());
      StringBuilder training = new StringBuilder();
      for (int i = 0; i < TRAINING_DOCUMENTS; i++) {
        String document = document(task, random);
        training.append(document);
        if (i < TRAINING_DOCUMENTS / 8) {
          mixed.append(document);
        }
      }
      StringBuilder heldOut = new StringBuilder();
      for (int i = 0; i < HELD_OUT_DOCUMENTS; i++) {
        heldOut.append(document(task, random));
      }
      Files.writeString(folder.resolve(task.lower() + ".jsonl"), training);
      Files.writeString(folder.resolve(task.lower() + ".held-out.jsonl"), heldOut);
    }
    Files.writeString(folder.resolve("mixed.jsonl"), mixed);
  }

  private static String document(Task task, SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < LINES; line++) {
      text.append(task.line(random)).append("\\n");
    }
    return "{\"text\": \"" + text + "\"}\n";
  }

  private List<String> sources(String name) {
    return List.of("{path: " + folder.resolve(name + ".jsonl") + ", format: jsonl, field: text}");
  }

  private void train(String name, String sources, String start, int steps, double learningRate)
      throws IOException {
    String model =
        start.isEmpty()
            ? "{tokenizer: bytes, config: {hidden_size: 64, intermediate_size: 160,"
                + " num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2,"
                + " initializer_range: 0.05}}"
            : start;
    Path yaml = folder.resolve(name + ".yaml");
    Files.writeString(
        yaml,
        """
        run: {name: %s, output_dir: %s, seed: 7}
        model: %s
        data: {sources: [%s]}
        parallel: {context: 1, data: 1}
        stages:
          - {sequence_length: 128, steps: %d, sequences_per_step: 8, learning_rate: %s,
             schedule: {name: cosine, warmup_steps: 10, min_ratio: 0.1}}
        checkpoint: {every_steps: 0, keep: 1}
        """
            .formatted(name, folder.resolve(name), model, sources, steps, learningRate));
    CommandRun run = CommandRun.done("train", "--config", yaml.toString(), "--json");
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f s, last losses %s%n",
        name,
        run.seconds(),
        run.json().get("stages").get(0).get("mean_of_last_ten"));
  }

  private JsonNode merge(String method, List<Task> tasks) throws IOException {
    Path yaml = folder.resolve("merge.yaml");
    Path data = folder.resolve("data.yaml");
    writeMerge(yaml, method, tasks);
    StringBuilder sources = new StringBuilder("sources:\n");
    for (Task task : tasks) {
      sources.append(
          "  - {name: %s, path: %s}%n"
              .formatted(task.lower(), folder.resolve(task.lower() + ".held-out.jsonl")));
    }
    Files.writeString(data, sources);
    CommandRun run =
        CommandRun.done(
            "merge", "--config", yaml.toString(), "--evaluate", data.toString(), "--json");
    System.out.printf(Locale.ROOT, "%s: %.1f s%n", method, run.seconds());
    return run.json().get("evaluation");
  }

  private void writeMerge(Path yaml, String method, List<Task> tasks) throws IOException {
    Files.writeString(
        yaml,
        "merge: {%s, base: %s, models: %s, output: %s, overwrite: true}%n"
            .formatted(
                method,
                folder.resolve("base/final"),
                tasks.stream().map(task -> folder.resolve(task.lower() + "/final")).toList(),
                folder.resolve("merged")));
  }

  private static String header() {
    StringBuilder line = new StringBuilder("| loss on |");
    StringBuilder rule = new StringBuilder("|---|");
    for (Task task : Task.values()) {
      line.append(' ').append(task.lower()).append(" |");
      rule.append("---|");
    }
    return line + " ACC | BWT over T / T - 1 |\n" + rule + "---|---|";
  }

  private static String row(String name, Iterable<JsonNode> losses) {
    StringBuilder line = new StringBuilder("| " + name + " |");
    losses.forEach(loss -> line.append(String.format(Locale.ROOT, " %.3f |", loss.doubleValue())));
    return line.toString();
  }

  private static List<JsonNode> diagonal(JsonNode matrix) {
    List<JsonNode> diagonal = new ArrayList<>();
    for (int i = 0; i < matrix.size(); i++) {
      diagonal.add(matrix.get(i).get(i));
    }
    return diagonal;
  }

  private static void printMatrix(JsonNode scores) {
    int t = 0;
    for (JsonNode merge : scores.get("merges")) {
      System.out.println(row("R, merge of " + ++t, merge));
    }
  }
}
