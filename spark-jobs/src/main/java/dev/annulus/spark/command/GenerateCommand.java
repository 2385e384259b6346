package dev.annulus.spark.command;

import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.GenerateJob;
import dev.annulus.trainer.generate.GenerationSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code generate}: lets a model go on from a prompt. */
@Command(name = "generate", description = "Lets a model go on from a text or from token ids.")
final class GenerateCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "a Hugging Face folder, or its URI")
  String model;

  @ArgGroup(multiplicity = "1")
  Prompt prompt;

  static final class Prompt {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "text to go on from")
    String text;

    @Option(
        names = "--prompt-ids",
        paramLabel = "1,2,3",
        description = "token ids to go on from, used as they are")
    String ids;
  }

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "default ${DEFAULT-VALUE}")
  int maxNewTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0",
      description = "0 (the default) takes the likeliest token each time")
  double temperature;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      description = "sample among the k likeliest; 0: all")
  int topK;

  @Option(
      names = "--top-p",
      defaultValue = "1",
      description = "sample among the likeliest that make up this probability")
  double topP;

  @Option(names = "--seed", defaultValue = "1234", description = "of the sampling")
  long seed;

  @Option(names = "--ignore-eos", description = "do not stop where a document ends")
  boolean ignoreEos;

  @Override
  public Integer call() {
    Console console = options.console();
    NoConfigOverrides.check(options.overrides);
    GenerateJob.Result result =
        GenerateJob.run(
            model,
            prompt.text,
            prompt.ids,
            new GenerationSettings(maxNewTokens, temperature, topK, topP, seed, !ignoreEos));
    console.answer(result.text().orElseGet(() -> result.ids().toString()));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ids", result.ids());
    result.text().ifPresent(text -> json.put("text", text));
    console.result(json);
    return 0;
  }
}
