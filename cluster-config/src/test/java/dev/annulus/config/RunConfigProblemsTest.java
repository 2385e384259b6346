package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.groups.Tuple.tuple;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user is told: the place, what stands there, what would be right. */
final class RunConfigProblemsTest {
  /** Each line: one mistake as an override, the value told, the expectation told. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          run.name=a/b | a/b | a name of letters, digits, '.', '_' and '-', at most 128 of them, other than . and ..
          run.name=.. | .. | a name of letters, digits, '.', '_' and '-', at most 128 of them, other than . and ..
          run.name= | missing | a name of letters, digits, '.', '_' and '-', at most 128 of them, other than . and ..
          run.output_dir="" | "" | text
          run.output_dir="a\\0b" | "a\u0000b" | text
          run.seed=1.5 | 1.5 | a whole number
          run.seed=9223372036854775808 | 9223372036854775808 | a whole number
          run.resume=maybe | maybe | one of auto, never, required
          run.resume=AUTO | AUTO | one of auto, never, required
          run.max_restarts=-1 | -1 | a whole number from 0 to 1000
          run.wait_for_workers_seconds=0 | 0 | a whole number from 1 to 604800
          model.config=5 | 5 | a section of keys
          model.path=[a] | a list of 1 | text
          data.sources.0.path= | missing | text
          data.sources.0.format=csv | csv | one of text, jsonl, parquet
          data.sources.0.field=body | body | text, as the files of this source are read as plain text
          data.sources.0.prompt_field=q | q | text, as the files of this source are read as plain text
          data.sources.0.weight=-1 | -1 | a number, at least 0
          data.sources.0.weight=0 | 0 as everywhere | at least one weight above 0
          data.sources.0.max_repeats=0 | 0 | a number above 0
          data.held_out_share=1 | 1 | a number from 0 to below 1
          data.max_bad_share=-0.1 | -0.1 | a number from 0 to below 1
          data.split_positions=go | go | one of restart, keep
          data.statistics=1 | 1 | true or false
          data.add_bos=yes | yes | true or false
          data.add_eos=1 | 1 | true or false
          data.shuffle="true" | "true" | true or false
          data.long_documents=cut | cut | one of split, truncate, drop, raise
          data.loss_normalization=tokens | tokens | one of token, example
          parallel.context=0 | 0 | a whole number from 1 to 4096
          parallel.data=5000 | 5000 | a whole number from 1 to 4096
          parallel.layout=spiral | spiral | one of contiguous, striped, zigzag, mask_aware
          parallel.route=star | star | one of auto, ring, direct
          parallel.cost.flops=0 | 0 | a number above 0
          parallel.cost.bytes_per_second=-1 | -1 | a number above 0
          parallel.cost.latency_us=-1 | -1 | a number, at least 0
          device.kind=gpu | gpu | one of auto, cpu, cuda
          device.threads=0 | 0 | auto or a whole number from 1 to 1024
          device.threads=many | many | auto or a whole number from 1 to 1024
          device.precision=half | half | one of float32, bfloat16
          device.memory=some | some | one of auto, none, selective, full, offload
          transport.kind=udp | udp | one of auto, aeron, tcp, in_process
          transport.timeout_seconds=0 | 0 | a whole number from 1 to 86400
          transport.mtu=1407 | 1407 | a whole number from 1408 to 65504
          transport.mtu=65505 | 65505 | a whole number from 1408 to 65504
          transport.mtu=1500 | 1500 bytes | a multiple of 32
          transport.term_length=100000 | 100000 bytes | a power of two
          transport.term_length=32768 | 32768 | a whole number from 65536 to 1073741824
          transport.term_length=2147483648 | 2147483648 | a whole number from 65536 to 1073741824
          transport.socket_buffer=1 | 1 | a whole number from 65536 to 1073741824
          transport.streams=0 | 0 | a whole number from 1 to 16
          transport.streams=17 | 17 | a whole number from 1 to 16
          transport.threading=many | many | one of auto, shared, dedicated
          transport.idle=sleep | sleep | one of backoff, yielding, busy_spin
          transport.ports=80-90 | 80-90 | any, or first-last with ports from 1024 to 65535
          transport.network=10.1.0.0/33 | 10.1.0.0/33 | auto, a network like 10.1.0.0/16, or the name of an interface like eth1
          transport.network=10.1.0.1 | 10.1.0.1 | auto, a network like 10.1.0.0/16, or the name of an interface like eth1
          transport.ports=5000-4000 | 5000-4000 | any, or first-last with ports from 1024 to 65535
          transport.authentication=maybe | maybe | one of auto, on, off
          transport.encryption=rot13 | rot13 | one of none, aes_gcm
          stages.0.sequence_length=0 | 0 | a whole number from 1 to 1073741824
          stages.0.sequence_length= | missing | a whole number from 1 to 1073741824
          stages.0.rope_theta=0 | 0 | a number above 0
          stages.0.source_weights=[1, 2] | a list of 2 | a weight for each of the 1 data.sources
          stages.0.source_weights=[0] | nothing but 0 | at least one weight above 0
          stages.0.steps="200" | "200" | a whole number, at least 1
          stages.0.steps=2.5 | 2.5 | a whole number, at least 1
          stages.0.steps=0 | 0 | a whole number, at least 1
          stages.0.steps=1e300 | 1e300 | a whole number, at least 1
          stages.0.steps=three | three | a whole number, at least 1
          stages.0.steps=true | true | a whole number, at least 1
          stages.0.sequences_per_step=[1] | a list of 1 | a whole number, at least 1
          stages.0.learning_rate=-1 | -1 | a number, at least 0
          stages.0.learning_rate=.nan | .nan | a number, at least 0
          stages.0.learning_rate=.inf | .inf | a number, at least 0
          stages.0.learning_rate=1e999 | 1e999 | a number, at least 0
          stages.0.learning_rate="1e-3" | "1e-3" | a number, at least 0
          stages.0.learning_rate= | missing | a number, at least 0
          stages.0.schedule=cosine | cosine | a section of keys
          stages.0.schedule.name=step | step | one of constant, linear, cosine
          stages.0.schedule.warmup_steps=11 | 11 | at most the 10 steps of the stage
          stages.0.schedule.min_ratio=1.1 | 1.1 | a number from 0 to 1
          stages.0.optimizer.name=sgd | sgd | one of adamw, zo_sgd
          stages.0.optimizer.betas=0.9 | 0.9 | a list of 2 numbers
          stages.0.optimizer.betas=[0.9] | a list of 1 | a list of 2 numbers
          stages.0.optimizer.eps=0 | 0 | a number above 0
          stages.0.optimizer.weight_decay=-0.1 | -0.1 | a number, at least 0
          stages.0.optimizer.max_grad_norm=-1 | -1 | a number, at least 0
          stages.0.half_fine_tuning.enabled=1 | 1 | true or false
          checkpoint.every_steps=-1 | -1 | a whole number, at least 0
          checkpoint.keep=0 | 0 | a whole number, at least 1
          spark.master=[] | a list of 0 | text
          spark.conf.spark.a.b=[x] | a list of 1 | text or a number
          stages={} | a section | a list of sections
          stages=[] | missing | a list of at least one stage
          data.sources=[] | missing | a list of at least one source with a path
          evaluation=text | text | a section of keys
          model.tokenizer= | missing | a folder with tokenizer.json, that file, or bytes, as a.txt holds text
          model.path= | missing | a Hugging Face folder to start from, or model.config to start anew
          """)
  void oneMistakeIsOneProblem(String override, String value, String expectation) {
    String key = override.substring(0, override.indexOf('='));
    assertThat(problems(Examples.MINIMAL, override))
        .containsExactly(new Problem("override " + key, value, expectation));
  }

  @Test
  void whatIsNoSectionIsOneProblemAndNotEveryKeyOfIt() {
    assertThat(problems(Examples.MINIMAL.replace("{name: tiny}", "tiny")))
        .containsExactly(new Problem("run.yaml:1 run", "tiny", "a section of keys"));
  }

  @Test
  void placesAreLinesAndKeys() {
    assertThat(problems(Examples.MINIMAL.replace("steps: 10", "steps: ten")))
        .containsExactly(
            new Problem("run.yaml:7 stages.0.steps", "ten", "a whole number, at least 1"));
  }

  @Test
  void whatIsMissingIsPlacedAtItsSection() {
    assertThat(problems(Examples.MINIMAL.replace("steps: 10, ", "")))
        .containsExactly(
            new Problem("run.yaml:7 stages.0.steps", "missing", "a whole number, at least 1"));
  }

  @Test
  void anEmptyTextMissesEverythingThatHasNoDefault() {
    for (String text : List.of("", "# nothing\n", "null")) {
      assertThat(problems(text))
          .extracting(Problem::place, Problem::value)
          .containsExactly(
              tuple("run.yaml:1 run.name", "missing"),
              tuple("run.yaml:1 data.sources", "missing"),
              tuple("run.yaml:1 model.path", "missing"),
              tuple("run.yaml:1 stages", "missing"));
    }
  }

  @Test
  void unknownKeysNameTheNearest() {
    assertThat(problems(Examples.MINIMAL.replace("sequence_length", "sequence_lenght")))
        .containsExactly(
            new Problem(
                "run.yaml:7 stages.0.sequence_length",
                "missing",
                "a whole number from 1 to 1073741824"),
            new Problem(
                "run.yaml:7 stages.0.sequence_lenght",
                "unknown key",
                "sequence_length; the keys here are freeze, half_fine_tuning, learning_rate, merge,"
                    + " name, optimizer, rope_theta, schedule, sequence_length, sequences_per_step,"
                    + " source_weights, steps"));
    assertThat(problems(Examples.MINIMAL + "stage: []\n").getFirst().expectation())
        .startsWith("stages; ");
    assertThat(problems(Examples.MINIMAL, "evaluation.source=[]").getFirst().expectation())
        .isEqualTo("sources; the keys here are every_steps, rows, sources");
  }

  @Test
  void allProblemsAreToldInTheOrderOfTheInput() {
    String text =
        """
        stages:
          - {sequence_length: 0, steps: "5", sequences_per_step: 2, learning_rate: x, lr: 1}
        run: {name: "a b"}
        model: {path: base, config: {hidden_size: 4}}
        """;
    assertThat(problems(text, "parallel.context=4097", "nonsense"))
        .extracting(Problem::place)
        .containsExactly(
            "run.yaml:1 data.sources",
            "run.yaml:2 stages.0.sequence_length",
            "run.yaml:2 stages.0.steps",
            "run.yaml:2 stages.0.learning_rate",
            "run.yaml:2 stages.0.lr",
            "run.yaml:3 run.name",
            "run.yaml:4 model.config",
            "override",
            "override parallel.context");
  }

  @Test
  void aModelComesFromOnePlace() {
    assertThat(problems(Examples.MINIMAL.replace("path: base", "path: base, config: {a: 1}")))
        .containsExactly(
            new Problem(
                "run.yaml:2 model.config",
                "given beside model.path",
                "one of model.path and model.config"));
  }

  @Test
  void nothingIsMeasuredWithoutHeldOutDocuments() {
    assertThat(problems(Examples.MINIMAL, "evaluation.every_steps=10"))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.place()).contains("evaluation.every_steps");
              assertThat(problem.expectation()).contains("data.held_out_share above 0");
            });
    List<String> right = List.of("evaluation.every_steps=10", "data.held_out_share=0.1");
    assertThat(RunConfigReader.read("run.yaml", Examples.MINIMAL, right).evaluation().everySteps())
        .isEqualTo(10);
  }

  @Test
  void evaluationTextNeedsATokenizerToo() {
    String text =
        Examples.MINIMAL
                .replace(", tokenizer: bytes", "")
                .replace("a.txt", "a.parquet, field: input_ids")
            + "evaluation: {sources: [{path: held-out.jsonl}]}\n";
    assertThat(problems(text))
        .containsExactly(
            new Problem(
                "run.yaml:2 model.tokenizer",
                "missing",
                "a folder with tokenizer.json, that file, or bytes, as held-out.jsonl holds text"));
  }

  @Test
  void aWorldHasALimit() {
    assertThat(problems(Examples.MINIMAL + "parallel: {context: 4096, data: 2}\n"))
        .containsExactly(
            new Problem(
                "run.yaml:8 parallel.data",
                "4096 x 2 = 8192 workers",
                "context x data of at most 4096"));
  }

  @Test
  void fullShardingRefusesWhatNeedsAllWeights() {
    String stage =
        """
          - name: b
            sequence_length: 1
            steps: 1
            sequences_per_step: 1
            learning_rate: 1
            half_fine_tuning: {enabled: true}
            freeze: [model.norm.weight]
            merge: {method: opcm}
          - {sequence_length: 1, steps: 1, sequences_per_step: 1, learning_rate: 1, optimizer: {name: zo_sgd}}
        """;
    String text = Examples.MINIMAL + stage;
    String optimizer = text + "parallel: {sharding: optimizer}\n";
    assertThat(RunConfigReader.read("run.yaml", optimizer, List.of()).stages()).hasSize(3);
    assertThat(problems(text + "parallel: {sharding: full}\n"))
        .extracting(Problem::place, Problem::value)
        .containsExactlyInAnyOrder(
            tuple(
                "run.yaml:13 stages.1.half_fine_tuning",
                "enabled: true with parallel.sharding: full"),
            tuple("run.yaml:14 stages.1.freeze", "a list of 1 with parallel.sharding: full"),
            tuple("run.yaml:15 stages.1.merge", "given with parallel.sharding: full"),
            tuple("run.yaml:16 stages.2.optimizer", "name: zo_sgd with parallel.sharding: full"));
    assertThat(problems(Examples.MINIMAL + "parallel: {sharding: zero3}\n"))
        .containsExactly(
            new Problem("run.yaml:8 parallel.sharding", "zero3", "one of optimizer, full"));
  }

  @Test
  void stagesHaveNamesOfTheirOwn() {
    String stage =
        "  - {name: N, sequence_length: 1, steps: 1, sequences_per_step: 1, learning_rate: 1}\n";
    assertThat(problems(Examples.MINIMAL + stage.replace("N", "b") + stage.replace("N", "stage-0")))
        .containsExactly(
            new Problem(
                "run.yaml:9 stages.2.name", "stage-0", "a name of its own; stages.0 has this one"));
  }

  @Test
  void theEntriesOfAListAreCheckedOneByOne() {
    assertThat(problems(Examples.MINIMAL, "stages.0.optimizer.betas=[1, x]"))
        .containsExactly(
            new Problem("override stages.0.optimizer.betas.0", "1", "a number from 0 to below 1"),
            new Problem("override stages.0.optimizer.betas.1", "x", "a number from 0 to below 1"));
    assertThat(problems(Examples.MINIMAL + "  - five\n"))
        .containsExactly(new Problem("run.yaml:8 stages.1", "five", "a section of keys"));
  }

  @Test
  void theModelConfigHoldsOnlyFiniteNumbers() {
    String text = Examples.MINIMAL.replace("path: base", "config: {a: .inf, b: [1, .nan]}");
    assertThat(problems(text))
        .extracting(Problem::place, Problem::value)
        .containsExactly(
            tuple("run.yaml:2 model.config.a", ".inf"),
            tuple("run.yaml:2 model.config.b.1", ".nan"));
  }

  @Test
  void longValuesAreShortened() {
    String value = problems(Examples.MINIMAL, "run.resume=" + "x".repeat(1000)).getFirst().value();
    assertThat(value).hasSize(83).endsWith("x...");
  }

  @Test
  void theMessageHoldsEveryProblem() {
    assertThat(
            catchThrowableOfType(
                InvalidInputException.class,
                () ->
                    RunConfigReader.read(
                        "run.yaml", Examples.MINIMAL, List.of("run.seed=x", "checkpoint.keep=x"))))
        .hasMessage(
            """
            override run.seed: x (expected a whole number)
            override checkpoint.keep: x (expected a whole number, at least 1)\
            """);
  }

  private static List<Problem> problems(String text, String... overrides) {
    return catchThrowableOfType(
            InvalidInputException.class,
            () -> RunConfigReader.read("run.yaml", text, List.of(overrides)))
        .problems();
  }

  /** Each line: an override of a whole section, the key that is wrong in it, value, expectation. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          data.sources.0={path: a.jsonl, prompt_field: q} | data.sources.0.answer_field | missing | both of prompt_field and answer_field, or neither
          data.sources.0={path: a.jsonl, prompt_field: q, answer_field: a, field: t} | data.sources.0.prompt_field | q | no field or messages_field beside it
          data.sources.0={path: a.jsonl, messages_field: m, field: t} | data.sources.0.messages_field | m | no field beside it
          data.sources.0={path: a.jsonl, modality_field: k} | data.sources.0.modality_field | k | field: input_ids beside it
          data.modalities=[{id: 128, loss: 1}] | data.modalities.0.id | 128 | a whole number from 0 to 127
          data.modalities=[{id: 1}] | data.modalities.0.loss | missing | a number, at least 0
          """)
  void keysThatDoNotGoTogether(String override, String key, String value, String expectation) {
    InvalidInputException e =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> RunConfigReader.read("run.yaml", Examples.MINIMAL, List.of(override)));
    assertThat(e.problems()).containsExactly(new Problem("override " + key, value, expectation));
  }
}
