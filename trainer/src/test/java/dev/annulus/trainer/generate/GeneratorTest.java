package dev.annulus.trainer.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.data.tokenizer.Tokenizers;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.Devices;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.ReferenceLlama;
import dev.annulus.trainer.model.Rows;
import dev.annulus.trainer.model.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Generation with a cache goes on as the reference does that reads everything anew. */
@ParameterizedClass
@EnumSource(Devices.class)
final class GeneratorTest {
  private final LlamaConfig config = TinyModels.config(2, false);
  private final Map<String, double[]> weights = TinyModels.randomWeights(config, 31);
  private final Device device;
  private final DeviceArena arena;
  private final Parameters parameters;

  GeneratorTest(Devices devices) {
    device = devices.open();
    arena = device.newArena();
    parameters = TinyModels.upload(config, weights, device, arena);
  }

  @AfterEach
  void free() {
    arena.close();
    device.close();
  }

  private static GenerationSettings sampled(int count, double temperature, int topK, double topP) {
    return new GenerationSettings(count, temperature, topK, topP, 5, false);
  }

  @Test
  void greedyTokensAreThoseOfTheReference() {
    ReferenceLlama reference = new ReferenceLlama(config, weights);
    int[] prompt = Rows.documents(32, config.vocabSize(), 11).getFirst();
    int[] all = prompt;
    for (int i = 0; i < 20; i++) {
      double[] logits = reference.logits(all)[all.length - 1];
      int best =
          IntStream.range(0, logits.length).reduce(0, (a, b) -> logits[b] > logits[a] ? b : a);
      all = Arrays.copyOf(all, all.length + 1);
      all[all.length - 1] = best;
    }

    int[] tokens = new Generator(device, config, parameters).generate(prompt, sampled(20, 0, 0, 1));

    assertThat(tokens).isEqualTo(Arrays.copyOfRange(all, prompt.length, all.length));
  }

  @Test
  void stopsBehindATokenThatEndsDocuments() {
    int[] prompt = {3, 4};
    int[] free = new Generator(device, config, parameters).generate(prompt, sampled(12, 0, 0, 1));
    LlamaConfig ending = config.withSpecialTokens(OptionalInt.empty(), List.of(free[4]));

    int[] tokens =
        new Generator(device, ending, parameters).generate(prompt, GenerationSettings.greedy(12));

    int first = IntStream.range(0, 12).filter(i -> free[i] == free[4]).findFirst().orElseThrow();
    assertThat(tokens).isEqualTo(Arrays.copyOf(free, first + 1));
  }

  @Test
  void promptLongerThanAChunkIsRead() {
    int[] prompt = Rows.documents(33, config.vocabSize(), 300).getFirst();
    double[] logits = new ReferenceLlama(config, weights).logits(prompt)[299];
    int best = IntStream.range(0, logits.length).reduce(0, (a, b) -> logits[b] > logits[a] ? b : a);

    int[] tokens = new Generator(device, config, parameters).generate(prompt, sampled(1, 0, 0, 1));

    assertThat(tokens).containsExactly(best);
  }

  @Test
  void drawsFollowTheSeed() {
    Generator generator = new Generator(device, config, parameters);
    GenerationSettings other = new GenerationSettings(30, 1.5, 0, 1, 6, false);

    int[] first = generator.generate(new int[] {1}, sampled(30, 1.5, 0, 1));

    assertThat(generator.generate(new int[] {1}, sampled(30, 1.5, 0, 1))).isEqualTo(first);
    assertThat(generator.generate(new int[] {1}, other)).isNotEqualTo(first);
  }

  @Test
  void drawsOfOneCandidateAreGreedy() {
    Generator generator = new Generator(device, config, parameters);
    int[] greedy = generator.generate(new int[] {1}, sampled(15, 0, 0, 1));

    assertThat(generator.generate(new int[] {1}, sampled(15, 2, 1, 1))).isEqualTo(greedy);
    assertThat(generator.generate(new int[] {1}, sampled(15, 2, 0, 1e-9))).isEqualTo(greedy);
  }

  @Test
  void refusesPromptsAndSettingsThatCannotBe() {
    Generator generator = new Generator(device, config, parameters);
    GenerationSettings settings = GenerationSettings.greedy(3);

    assertThatThrownBy(() -> generator.generate(new int[0], settings))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> generator.generate(new int[] {1, 13}, settings))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prompt token 1: id 13");
    assertThat(
            catchThrowableOfType(
                    InvalidInputException.class,
                    () -> new GenerationSettings(0, -1, -1, 0, 1, true))
                .problems())
        .hasSize(4);
  }

  /**
   * A trained model whose continuation is known, where it is at hand. Its tokens are characters.
   */
  @Test
  void tellsTheStory() {
    Path folder =
        Path.of(System.getProperty("annulus.repository", "."), "../shared/data/babyllama-105");
    assumeTrue(Files.isDirectory(folder));
    LlamaConfig story = HuggingFaceModel.readConfig(folder);
    Parameters read = Parameters.allocate(arena, ParameterLayout.of(story));
    HuggingFaceModel.readWeights(folder, story, read, device);
    try (Tokenizer tokenizer = Tokenizers.load(folder.toString())) {
      int[] text = tokenizer.encode("Once upon a time");
      int[] prompt =
          IntStream.concat(IntStream.of(tokenizer.bosId().orElseThrow()), Arrays.stream(text))
              .toArray();

      int[] tokens =
          new Generator(device, story, read).generate(prompt, GenerationSettings.greedy(62));

      assertThat(tokenizer.decode(tokens))
          .isEqualTo(", there was a little girl named Lily. She loved to play outsid");
    }
  }
}
