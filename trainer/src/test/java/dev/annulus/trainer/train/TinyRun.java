package dev.annulus.trainer.train;

import dev.annulus.config.CheckpointSettings;
import dev.annulus.config.DataSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.EvaluationSettings;
import dev.annulus.config.HalfFineTuningSettings;
import dev.annulus.config.ModelSettings;
import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunSettings;
import dev.annulus.config.ScheduleSettings;
import dev.annulus.config.SourceSettings;
import dev.annulus.config.SparkSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.config.TransportSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Small run configurations; each {@code with} gives a changed copy. */
record TinyRun(
    Map<String, Object> model,
    Optional<String> modelPath,
    List<StageSettings> stages,
    int context,
    int data,
    ParallelSettings.Layout layout,
    boolean shuffle,
    int everySteps,
    int keep,
    RunSettings.Resume resume) {
  static final Map<String, Object> MODEL =
      Map.of(
          "vocab_size", 31,
          "hidden_size", 16,
          "intermediate_size", 24,
          "num_hidden_layers", 2,
          "num_attention_heads", 4,
          "num_key_value_heads", 2,
          "initializer_range", 0.2);

  static TinyRun of(StageSettings... stages) {
    return new TinyRun(
        MODEL,
        Optional.empty(),
        List.of(stages),
        1,
        1,
        ParallelSettings.Layout.ZIGZAG,
        true,
        0,
        2,
        RunSettings.Resume.AUTO);
  }

  static StageSettings stage(String name, int length, int steps, int sequencesPerStep) {
    return new StageSettings(
        name,
        length,
        OptionalDouble.empty(),
        steps,
        sequencesPerStep,
        5e-3,
        new ScheduleSettings(ScheduleSettings.Name.COSINE, 3, 0.1),
        new OptimizerSettings(OptimizerSettings.Name.ADAMW, 0.9, 0.95, 1e-8, 0.1, 1.0),
        new HalfFineTuningSettings(false, 7));
  }

  TinyRun mesh(int newContext, int newData) {
    return new TinyRun(
        model, modelPath, stages, newContext, newData, layout, shuffle, everySteps, keep, resume);
  }

  TinyRun layout(ParallelSettings.Layout newLayout) {
    return new TinyRun(
        model, modelPath, stages, context, data, newLayout, shuffle, everySteps, keep, resume);
  }

  TinyRun checkpoints(int newEverySteps, int newKeep) {
    return new TinyRun(
        model, modelPath, stages, context, data, layout, shuffle, newEverySteps, newKeep, resume);
  }

  TinyRun resume(RunSettings.Resume newResume) {
    return new TinyRun(
        model, modelPath, stages, context, data, layout, shuffle, everySteps, keep, newResume);
  }

  TinyRun model(Map<String, Object> newModel) {
    return new TinyRun(
        newModel, modelPath, stages, context, data, layout, shuffle, everySteps, keep, resume);
  }

  TinyRun modelPath(String path) {
    return new TinyRun(
        Map.of(),
        Optional.of(path),
        stages,
        context,
        data,
        layout,
        shuffle,
        everySteps,
        keep,
        resume);
  }

  TinyRun inOrder() {
    return new TinyRun(
        model, modelPath, stages, context, data, layout, false, everySteps, keep, resume);
  }

  TinyRun stages(StageSettings... newStages) {
    return new TinyRun(
        model,
        modelPath,
        List.of(newStages),
        context,
        data,
        layout,
        shuffle,
        everySteps,
        keep,
        resume);
  }

  RunConfig config(String outputDir) {
    return new RunConfig(
        new RunSettings("tiny", outputDir, 1234, resume, 3, 60),
        new ModelSettings(modelPath, Optional.empty(), model),
        new DataSettings(
            List.of(new SourceSettings("docs.jsonl", SourceSettings.Format.JSONL, "input_ids")),
            outputDir + "/packed",
            true,
            true,
            DataSettings.LongDocuments.SPLIT,
            DataSettings.LossNormalization.TOKEN,
            shuffle),
        new EvaluationSettings(List.of()),
        new ParallelSettings(context, data, layout, ParallelSettings.Route.AUTO),
        new DeviceSettings(DeviceSettings.Kind.CPU, DeviceSettings.Precision.FLOAT32),
        new TransportSettings(TransportSettings.Kind.IN_PROCESS, 20, 8192, 1 << 20, 1 << 20),
        stages,
        new CheckpointSettings(everySteps, keep),
        new SparkSettings(Optional.empty(), Map.of()));
  }
}
