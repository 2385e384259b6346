package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same numbers as transformers, for a model with a key head for each query head and a head of
 * its own, and one with grouped heads and tied embeddings.
 */
@ParameterizedClass
@EnumSource(Devices.class)
final class TransformersParityTest {
  private static final double LOGITS_BUDGET = 1e-5;
  private static final double GRADIENT_BUDGET = 1e-4;

  private final Devices devices;

  TransformersParityTest(Devices devices) {
    this.devices = devices;
  }

  @ParameterizedTest
  @ValueSource(strings = {"mha", "gqa"})
  void logitsOfADocument(String model) {
    Parity parity = Parity.load(model);
    int[] ids = parity.documents().getFirst();
    try (Device device = devices.open();
        DeviceArena arena = device.newArena()) {
      LlamaConfig config = HuggingFaceModel.readConfig(parity.folder());
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      HuggingFaceModel.readWeights(parity.folder(), config, weights, device);
      try (CachedDecoder decoder = new CachedDecoder(device, config, weights, ids.length)) {
        for (int t = 0; t < ids.length; t++) {
          float[] logits = decoder.read(new int[] {ids[t]});
          assertThat(error(logits, Parity.doubles(parity.report().get("logits").get(t))))
              .as("logits of token %d", t)
              .isLessThan(LOGITS_BUDGET);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"mha, token", "mha, example", "gqa, token", "gqa, example"})
  void lossesAndGradientsOfAPackedRow(String model, String normalization) throws Exception {
    Parity parity = Parity.load(model);
    boolean byExample = normalization.equals("example");
    List<int[]> documents = parity.documents();
    int length = documents.stream().mapToInt(ids -> ids.length).sum() + 5;
    int targets = documents.stream().mapToInt(ids -> ids.length - 1).sum();
    long withTargets = documents.stream().filter(ids -> ids.length > 1).count();
    double denominator = byExample ? withTargets : targets;

    RingRun.Result result =
        run(parity, HuggingFaceModel.readConfig(parity.folder()))
            .gradientScale((float) (1 / denominator))
            .run(Rows.pack(documents, length, byExample));

    double loss = parity.report().get("loss_" + normalization).asDouble();
    assertThat(result.loss() / denominator).isCloseTo(loss, within(LOGITS_BUDGET * loss));
    assertThat(error(targets(documents, result.losses()), losses(parity.report())))
        .isLessThan(LOGITS_BUDGET);
    assertThat(
            TinyModels.worstError(
                result.gradients(), parity.tensors("gradients-" + normalization + ".safetensors")))
        .isLessThan(GRADIENT_BUDGET);
  }

  @ParameterizedTest
  @CsvSource({
    "mha, linear", "mha, llama3", "mha, yarn", "mha, yarn_mscale", "mha, dynamic",
    "gqa, linear", "gqa, llama3", "gqa, yarn", "gqa, yarn_mscale", "gqa, dynamic"
  })
  void lossesWithScaledRotaryEmbeddings(String model, String scaling) throws Exception {
    Parity parity = Parity.load(model);
    JsonNode scaled = parity.report().get("rope_scaling").get(scaling);
    Map<String, Object> keys =
        new LinkedHashMap<>(HuggingFaceModel.readConfig(parity.folder()).toJson());
    Map<String, Object> ropeScaling = new LinkedHashMap<>();
    scaled
        .get("config")
        .properties()
        .forEach(
            entry ->
                ropeScaling.put(
                    entry.getKey(),
                    switch (entry.getValue().getNodeType()) {
                      case NUMBER -> entry.getValue().asDouble();
                      case BOOLEAN -> entry.getValue().asBoolean();
                      default -> entry.getValue().asText();
                    }));
    Object positions = ropeScaling.remove("max_position_embeddings");
    if (positions instanceof Double tokens) {
      keys.put("max_position_embeddings", tokens.intValue());
    }
    keys.remove("rope_parameters");
    keys.put("rope_scaling", ropeScaling);
    List<int[]> documents = parity.documents();
    int length = documents.stream().mapToInt(ids -> ids.length).sum();

    RingRun.Result result =
        run(parity, LlamaConfig.fromJson(keys, "config.json"))
            .run(Rows.pack(documents, length, false));

    assertThat(error(targets(documents, result.losses()), losses(scaled)))
        .isLessThan(LOGITS_BUDGET);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mha", "gqa"})
  void lossesFarIntoALongDocument(String model) {
    Parity parity = Parity.load(model);
    int[] ids = Parity.ints(parity.report().get("long").get("seed_document"));
    double[] expected = Parity.doubles(parity.report().get("long").get("losses_from_2900"));
    try (Device device = Devices.CPU.open(); // the reference is slow here
        DeviceArena arena = device.newArena()) {
      LlamaConfig config = HuggingFaceModel.readConfig(parity.folder());
      Parameters weights = Parameters.allocate(arena, ParameterLayout.of(config));
      HuggingFaceModel.readWeights(parity.folder(), config, weights, device);
      try (CachedDecoder decoder = new CachedDecoder(device, config, weights, ids.length)) {
        float[] losses =
            decoder.score(
                Arrays.copyOf(ids, ids.length - 1), Arrays.copyOfRange(ids, 1, ids.length));
        assertThat(error(Arrays.copyOfRange(losses, 2900, losses.length), expected))
            .isLessThan(LOGITS_BUDGET);
      }
    }
  }

  private RingRun run(Parity parity, LlamaConfig config) {
    return new RingRun(devices::open, config, parity.tensors("model.safetensors"));
  }

  private static double[] losses(JsonNode report) {
    return Parity.flat(report.get("losses"));
  }

  /** The losses at tokens with a target, document by document. */
  private static float[] targets(List<int[]> documents, float[] rowLosses) {
    List<Float> losses = new ArrayList<>();
    int start = 0;
    for (int[] ids : documents) {
      for (int t = 0; t + 1 < ids.length; t++) {
        losses.add(rowLosses[start + t]);
      }
      start += ids.length;
    }
    float[] array = new float[losses.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = losses.get(i);
    }
    return array;
  }

  private static double error(float[] actual, double[] expected) {
    assertThat(actual).hasSize(expected.length);
    double[] values = new double[actual.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = actual[i];
    }
    return TinyModels.relativeError(values, expected);
  }
}
