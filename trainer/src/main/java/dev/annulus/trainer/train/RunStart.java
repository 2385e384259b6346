package dev.annulus.trainer.train;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.device.DeviceArena;
import dev.annulus.trainer.checkpoint.MomentFiles;
import dev.annulus.trainer.checkpoint.ResumeSearch;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The beginning of a run. Rank 0 alone reads the model or a checkpoint and hands it to the others,
 * so they need not see its files and surely hold the same bits. If the input is wrong, every rank
 * throws rank 0's error.
 */
final class RunStart {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final RunConfig config;
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final DeviceArena arena;
  private final OptionalLong replayed;

  /** Whether the others have been told where the run starts. */
  private boolean told;

  /**
   * Prepares to start.
   *
   * @param arena that the weights are allocated in
   * @param replayed a step that is to be done again: the run starts before it, whatever its
   *     settings say of resuming, and no checkpoint is set aside; empty for a run that goes on
   */
  RunStart(
      RunConfig config,
      WorkerEnvironment environment,
      TensorCollectives world,
      DeviceArena arena,
      OptionalLong replayed) {
    this.config = config;
    this.environment = environment;
    this.world = world;
    this.arena = arena;
    this.replayed = replayed;
  }

  /** Collective: every rank calls it. */
  StartingPoint load() {
    return environment.isWriter() ? lead() : follow();
  }

  private StartingPoint lead() {
    try {
      StartingPoint start = read();
      if (!told) {
        tell(start);
      }
      return start;
    } catch (InvalidInputException e) {
      if (!told) {
        world.broadcast(toJson(e.problems()), 0);
      }
      throw e;
    }
  }

  /** After this the others allocate what they receive. */
  private void tell(StartingPoint start) {
    told = true;
    ObjectNode header = JSON.createObjectNode();
    header.set("config", JSON.valueToTree(start.config().toJson()));
    header.put("step", start.step());
    header.put("stage", start.stage());
    header.put("step_in_stage", start.stepInStage());
    start.begun().ifPresent(begun -> header.set("frozen", JSON.valueToTree(begun.frozen())));
    world.broadcast(header.toString().getBytes(StandardCharsets.UTF_8), 0);
    start.weights().handOut(world, start.step());
  }

  /** Moments go from the files to their ranks; rank 0 never holds all of them. */
  private void tell(StartingPoint start, MomentFiles mean, MomentFiles variance) {
    tell(start);
    new MomentHandout(environment.device(), world)
        .handOut(start.begun().orElseThrow().optimizer(), mean::read, variance::read, start.step());
  }

  private StartingPoint follow() {
    JsonNode header;
    try {
      header = JSON.readTree(world.broadcast(new byte[0], 0));
    } catch (IOException e) {
      throw new IllegalStateException("rank 0 sent no JSON for the run's start", e);
    }
    if (header.has("problems")) {
      List<Problem> problems = new ArrayList<>();
      for (JsonNode problem : header.get("problems")) {
        problems.add(JSON.convertValue(problem, Problem.class));
      }
      throw new InvalidInputException(problems);
    }
    Map<String, Object> keys =
        JSON.convertValue(header.get("config"), new TypeReference<Map<String, Object>>() {});
    LlamaConfig model = LlamaConfig.fromJson(keys, "model of rank 0");
    int stage = header.get("stage").intValue();
    StartingPoint start =
        new StartingPoint(
            model,
            allocate(model),
            header.get("step").longValue(),
            stage,
            header.get("step_in_stage").intValue(),
            Optional.ofNullable(header.get("frozen"))
                .map(frozen -> begun(frozen, model, config.stages().get(stage))));
    start.weights().handOut(world, start.step());
    start
        .begun()
        .ifPresent(
            begun ->
                new MomentHandout(environment.device(), world)
                    .receive(begun.optimizer(), start.step()));
    return start;
  }

  private StartingPoint read() {
    ModelSource source = new ModelSource(environment.model(), environment.tokenizer());
    LlamaConfig model = source.config();
    RunWeights weights = allocate(model);
    long lastStep =
        config.run().resume() == RunSettings.Resume.NEVER && replayed.isEmpty()
            ? 0
            : replayed.orElse(Long.MAX_VALUE) - 1;
    CheckpointReader reader = new CheckpointReader(config, environment, model, weights, lastStep);
    Optional<StartingPoint> resumed =
        replayed.isPresent()
            ? ResumeSearch.findBefore(
                environment.checkpoints(),
                replayed.getAsLong(),
                folder -> reader.read(folder, this::tell),
                environment.listener()::onNotice)
            : ResumeSearch.find(
                environment.checkpoints(),
                config.run().resume(),
                folder -> reader.read(folder, this::tell),
                environment.listener()::onNotice);
    if (told) {
      return resumed.orElseThrow();
    }
    if (resumed.isEmpty()) {
      weights.fill(into -> source.fill(into, model, config.run().seed(), environment.device()));
    }
    return ZerothOrderReplay.after(
        resumed.orElseGet(() -> StartingPoint.between(model, weights, 0, 0)),
        lastStep,
        config,
        environment);
  }

  private RunWeights allocate(LlamaConfig model) {
    return RunWeights.allocate(config, model, environment.device(), arena, world);
  }

  private StartingPoint.Begun begun(JsonNode names, LlamaConfig model, StageSettings stage) {
    SortedSet<String> frozen = new TreeSet<>();
    names.forEach(name -> frozen.add(name.textValue()));
    StageFreeze freeze = StageFreeze.of(frozen, model);
    return new StartingPoint.Begun(
        freeze.frozen(),
        new AdamWState(
            environment.device(),
            ParameterRange.of(
                AdamWState.layout(stage.optimizer(), freeze.trainable()),
                world.rank(),
                world.size())));
  }

  private static byte[] toJson(List<Problem> problems) {
    ObjectNode header = JSON.createObjectNode();
    header.set("problems", JSON.valueToTree(problems));
    return header.toString().getBytes(StandardCharsets.UTF_8);
  }
}
