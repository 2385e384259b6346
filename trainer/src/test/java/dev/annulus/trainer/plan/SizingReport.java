package dev.annulus.trainer.plan;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.link.aeron.AeronLimits;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.cost.CostModel;
import dev.annulus.ring.cost.DeviceRates;
import dev.annulus.ring.cost.LinkRates;
import dev.annulus.ring.cost.RingForecast;
import dev.annulus.trainer.model.LlamaConfig;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the tables of docs/sizing.md: what workers hold, send and need, by the plan of a run and
 * the cost model. Nothing is measured here. Argument: the file to write to.
 */
public final class SizingReport {
  private static final Map<String, String> MODELS =
      Map.of(
          "1B",
          "vocab_size: 128256, hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 16,"
              + " num_attention_heads: 32, num_key_value_heads: 8, head_dim: 64,"
              + " tie_word_embeddings: true",
          "8B",
          "vocab_size: 128256, hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32,"
              + " num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128,"
              + " tie_word_embeddings: false");

  /** A GPU of 80 GB and its share of a host of 2 TB with eight. */
  private static final DeviceTraits GPU =
      new DeviceTraits("80 GB", true, false, 79_000_000_000L, 200_000_000_000L);

  private static final int WORKERS_A_HOST = 8;
  private static final double GB = 1e9;

  private SizingReport() {}

  public static void main(String[] args) throws IOException {
    StringBuilder text = new StringBuilder();
    workers(text);
    links(text);
    Files.writeString(Path.of(args[0]), text, StandardCharsets.UTF_8);
  }

  private static void workers(StringBuilder text) {
    text.append(
        """

        | model | tokens of a row | workers | sharding | activations | weights, gradients, moments | activations, blocks | together on the GPU | of the host | /dev/shm a host | checkpoint |
        |---|---:|---:|---|---|---:|---:|---:|---:|---:|---:|
        """);
    for (int workers : new int[] {1, 8}) {
      worker(text, "1B", 1 << 19, workers, "optimizer");
    }
    for (int workers : new int[] {32, 64}) {
      worker(text, "8B", 1 << 20, workers, "optimizer");
      worker(text, "8B", 1 << 20, workers, "full");
    }
  }

  private static void worker(
      StringBuilder text, String model, int tokens, int workers, String sharding) {
    RunConfig config =
        RunConfigReader.read(
            "sizing",
            """
            run: {name: sizing}
            model:
              config: {%s}
            data: {sources: [{path: data, format: jsonl, field: input_ids}]}
            parallel: {context: %d, sharding: %s}
            device: {kind: cuda, precision: bfloat16}
            stages: [{name: long, sequence_length: %d, steps: 1, sequences_per_step: 1, learning_rate: 1.0}]
            """
                .formatted(MODELS.get(model), workers, sharding, tokens),
            List.of());
    LlamaConfig llama = LlamaConfig.fromRunConfig(config.model().config());
    String row =
        String.format(Locale.ROOT, "| %s | %,d | %d | %s | ", model, tokens, workers, sharding);
    text.append(row);
    try {
      RunPlan plan = RunPlan.of(config, llama, GPU);
      HeldMemory held = plan.fullest().memory();
      int onHost = Math.min(workers, WORKERS_A_HOST);
      text.append(
          String.format(
              Locale.ROOT,
              "%s | %.1f | %.1f | %.1f GB | %.1f GB | %.1f GB | %.0f GB |%n",
              kept(plan),
              (held.weights() + held.copies() + held.gradients() + held.moments()) / GB,
              (held.activations() + held.blocks()) / GB,
              held.total() / GB,
              held.host() / GB,
              // One executor, and so one media driver, a host.
              AeronLimits.hostBytes(config.transport(), 1, onHost, workers) / GB,
              12 * plan.parameters() / GB));
    } catch (InvalidInputException e) {
      text.append("does not fit | | | | | | |\n");
    }
  }

  private static String kept(RunPlan plan) {
    String kept =
        switch (plan.compute().settings().retention()) {
          case EVERYTHING -> "all kept";
          case ATTENTION -> "selective";
          case INPUT -> "full";
          case NOTHING -> "none";
        };
    return kept + (plan.compute().settings().offload() ? ", offloaded" : "");
  }

  /** What a link must carry so that a ring of eight keeps 95 % of its GPUs' rate in attention. */
  private static void links(StringBuilder text) {
    AttentionShape shape = new AttentionShape(32, 8, 128);
    double[] teraflops = {0.4, 50, 150, 300, 611};
    text.append("\n| tokens of a worker |");
    for (double rate : teraflops) {
      text.append(" ")
          .append(BigDecimal.valueOf(rate).stripTrailingZeros().toPlainString())
          .append(" TFLOP/s |");
    }
    text.append("\n|---:|").append("---:|".repeat(teraflops.length)).append('\n');
    for (int tokens : new int[] {2048, 8192, 32_768, 65_536, 131_072}) {
      text.append(String.format(Locale.ROOT, "| %,d |", tokens));
      for (double rate : teraflops) {
        CostModel cost =
            new CostModel(
                new DeviceRates(rate * 1e12, 0.9 * rate * 1e12, 2.5e12),
                new LinkRates(1e10, 20_000, 5_000),
                shape,
                Short.BYTES,
                Float.BYTES);
        ParallelSettings ring =
            new ParallelSettings(8, 1, ParallelSettings.Layout.ZIGZAG, ParallelSettings.Route.RING);
        RingSchedule plan = RingForecast.plan(cost, ring, 8 * tokens);
        double needed = RingForecast.bytesPerSecondFor(cost, plan, 0.95);
        text.append(
            needed < Double.POSITIVE_INFINITY
                ? " " + twoDigits(needed / GB) + " GB/s |"
                : " latency |");
      }
      text.append('\n');
    }
  }

  private static String twoDigits(double value) {
    return new BigDecimal(value).round(new MathContext(2)).toPlainString();
  }
}
