package dev.annulus.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A {@link RunConfig} as YAML, every key written out: what {@link RunConfigReader} reads back as an
 * equal configuration, but for secrets among Spark's properties, which are not written. The same
 * configuration always gives the same text.
 */
public final class RunConfigWriter {
  static final DumpSettings SETTINGS =
      DumpSettings.builder()
          .setSchema(new CoreSchema())
          .setDefaultFlowStyle(FlowStyle.BLOCK)
          .setWidth(Integer.MAX_VALUE)
          .build();

  /** As Spark recognises them ({@code spark.redaction.regex}). */
  private static final Pattern SECRET =
      Pattern.compile("(?i)secret|password|token|access[.]?key|credential");

  private static final String REDACTED = "(redacted)";

  private RunConfigWriter() {}

  /** YAML that ends with a line break. */
  public static String write(RunConfig config) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("run", run(config.run()));
    root.put("model", model(config.model()));
    root.put("data", data(config.data()));
    root.put("evaluation", evaluation(config.evaluation()));
    root.put("parallel", parallel(config.parallel()));
    root.put("device", device(config.device()));
    root.put("transport", transport(config.transport()));
    root.put("stages", config.stages().stream().map(RunConfigWriter::stage).toList());
    root.put("checkpoint", checkpoint(config.checkpoint()));
    root.put("spark", spark(config.spark()));
    return new Dump(SETTINGS).dumpToString(root);
  }

  private static Map<String, Object> run(RunSettings run) {
    return new Keys()
        .put("name", run.name())
        .put("output_dir", run.outputDir())
        .put("seed", run.seed())
        .put("resume", run.resume())
        .put("max_restarts", run.maxRestarts())
        .put("wait_for_workers_seconds", run.waitForWorkersSeconds())
        .map();
  }

  private static Map<String, Object> model(ModelSettings model) {
    Keys keys = new Keys().put("path", model.path()).put("tokenizer", model.tokenizer());
    // An empty section beside a path would look like a choice.
    return (model.config().isEmpty() ? keys : keys.put("config", new TreeMap<>(model.config())))
        .map();
  }

  private static Map<String, Object> data(DataSettings data) {
    return new Keys()
        .put("sources", sources(data.sources()))
        .put("packed_dir", data.packedDir())
        .put("add_bos", data.addBos())
        .put("add_eos", data.addEos())
        .put("long_documents", data.longDocuments())
        .put("split_positions", data.splitPositions())
        .put("loss_normalization", data.lossNormalization())
        .put("shuffle", data.shuffle())
        .put("held_out_share", data.heldOutShare())
        .put("max_bad_share", data.maxBadShare())
        .put("chat_template", data.chatTemplate())
        .put("modality_loss", data.modalityLoss())
        .put("modalities", data.modalities().stream().map(RunConfigWriter::modality).toList())
        .put("statistics", data.statistics())
        .map();
  }

  private static Map<String, Object> modality(ModalitySettings modality) {
    return new Keys()
        .put("id", modality.id())
        .put("name", modality.name())
        .put("loss", modality.loss())
        .map();
  }

  private static List<Map<String, Object>> sources(List<SourceSettings> sources) {
    return sources.stream().map(RunConfigWriter::source).toList();
  }

  private static Map<String, Object> source(SourceSettings source) {
    Keys keys = new Keys().put("path", source.path()).put("format", source.format());
    switch (source.content()) {
      case SourceSettings.Text(String field) -> keys.put("field", field);
      case SourceSettings.TokenIds(String modalityField) -> {
        keys.put("field", SourceSettings.INPUT_IDS);
        if (!modalityField.isEmpty()) {
          keys.put("modality_field", modalityField);
        }
      }
      case SourceSettings.PromptAnswer(String prompt, String answer) ->
          keys.put("prompt_field", prompt).put("answer_field", answer);
      case SourceSettings.Messages(String field) -> keys.put("messages_field", field);
    }
    // Sources that are evaluated have no share in anything.
    if (source.weight().isPresent()) {
      keys.put("weight", source.weight()).put("max_repeats", source.maxRepeats());
    } else if (source.maxRepeats() != 1) {
      keys.put("max_repeats", source.maxRepeats());
    }
    return keys.map();
  }

  private static Map<String, Object> evaluation(EvaluationSettings evaluation) {
    return new Keys()
        .put("sources", sources(evaluation.sources()))
        .put("every_steps", evaluation.everySteps())
        .put("rows", evaluation.rows())
        .map();
  }

  private static Map<String, Object> parallel(ParallelSettings parallel) {
    return new Keys()
        .put("context", parallel.context())
        .put("data", parallel.data())
        .put("layout", parallel.layout())
        .put("route", parallel.route())
        .put("sharding", parallel.sharding())
        .put("cost", cost(parallel.cost()))
        .map();
  }

  private static Map<String, Object> cost(CostSettings cost) {
    return new Keys()
        .put("flops", cost.flops())
        .put("bytes_per_second", cost.bytesPerSecond())
        .put("latency_us", cost.latencyMicros())
        .map();
  }

  private static Map<String, Object> device(DeviceSettings device) {
    return new Keys()
        .put("kind", device.kind())
        .put("precision", device.precision())
        .put("memory", device.memory())
        .put("threads", device.threads().isPresent() ? device.threads().getAsInt() : "auto")
        .put("peer_copies", device.peerCopies())
        .map();
  }

  private static Map<String, Object> transport(TransportSettings transport) {
    return new Keys()
        .put("kind", transport.kind())
        .put("timeout_seconds", transport.timeoutSeconds())
        .put("mtu", transport.mtu())
        .put("term_length", transport.termLength())
        .put("socket_buffer", transport.socketBuffer())
        .put("streams", transport.streams())
        .put("threading", transport.threading())
        .put("idle", transport.idle())
        .put("ports", transport.ports().toString())
        .put("network", transport.network().toString())
        .put("authentication", transport.security().authentication())
        .put("encryption", transport.security().encryption())
        .put("secret_file", transport.security().secretFile())
        .map();
  }

  private static Map<String, Object> optimizer(OptimizerSettings optimizer) {
    Keys keys = new Keys().put("name", optimizer.name());
    return switch (optimizer.name()) {
      case ADAMW ->
          keys.put("betas", List.of(optimizer.beta1(), optimizer.beta2()))
              .put("eps", optimizer.eps())
              .put("weight_decay", optimizer.weightDecay())
              .put("max_grad_norm", optimizer.maxGradNorm())
              .map();
      case ZO_SGD ->
          keys.put("eps", optimizer.eps()).put("weight_decay", optimizer.weightDecay()).map();
    };
  }

  private static Map<String, Object> stage(StageSettings stage) {
    ScheduleSettings schedule = stage.schedule();
    HalfFineTuningSettings halfFineTuning = stage.halfFineTuning();
    Keys keys = new Keys().put("name", stage.name()).put("sequence_length", stage.sequenceLength());
    stage.ropeTheta().ifPresent(theta -> keys.put("rope_theta", theta));
    keys.put("steps", stage.steps())
        .put("sequences_per_step", stage.sequencesPerStep())
        .put("learning_rate", stage.learningRate())
        .put(
            "schedule",
            new Keys()
                .put("name", schedule.name())
                .put("warmup_steps", schedule.warmupSteps())
                .put("min_ratio", schedule.minRatio())
                .map())
        .put("optimizer", optimizer(stage.optimizer()))
        .put(
            "half_fine_tuning",
            new Keys()
                .put("enabled", halfFineTuning.enabled())
                .put("seed", halfFineTuning.seed())
                .put("mode", halfFineTuning.mode())
                .map())
        .put("freeze", stage.freeze())
        .put("source_weights", stage.sourceWeights());
    stage.merge().ifPresent(merge -> keys.put("merge", merge(merge)));
    return keys.map();
  }

  private static Map<String, Object> merge(StageMergeSettings merge) {
    Map<String, Object> keys = new LinkedHashMap<>(merge.method().toYaml());
    // A list of its own: of one that several stages share, YAML would write an alias.
    keys.put("with", new ArrayList<>(merge.with()));
    keys.put("dtype", Section.nameOf(merge.dtype()));
    return keys;
  }

  private static Map<String, Object> checkpoint(CheckpointSettings checkpoint) {
    return new Keys()
        .put("every_steps", checkpoint.everySteps())
        .put("keep", checkpoint.keep())
        .map();
  }

  /**
   * What the text may be read by others than who wrote the configuration: no secrets of Spark's.
   */
  private static Map<String, Object> spark(SparkSettings spark) {
    Map<String, String> conf = new TreeMap<>(spark.conf());
    conf.replaceAll((key, value) -> SECRET.matcher(key).find() ? REDACTED : value);
    return new Keys().put("master", spark.master()).put("conf", conf).map();
  }

  /** A section under construction: enums in lower case, empty options left out. */
  private static final class Keys {
    private final Map<String, Object> map = new LinkedHashMap<>();

    Keys put(String key, Object value) {
      switch (value) {
        case Optional<?> option -> option.ifPresent(present -> put(key, present));
        case OptionalDouble option -> option.ifPresent(present -> put(key, present));
        // A copy: one list in two places would be written as an anchor and an alias.
        case List<?> list -> map.put(key, new ArrayList<>(list));
        case Enum<?> constant -> map.put(key, Section.nameOf(constant));
        default -> map.put(key, value);
      }
      return this;
    }

    Map<String, Object> map() {
      return map;
    }
  }
}
