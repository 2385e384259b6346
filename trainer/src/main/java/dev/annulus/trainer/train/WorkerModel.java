package dev.annulus.trainer.train;

import dev.annulus.config.RunConfig;
import dev.annulus.link.Link;
import dev.annulus.link.Links;
import dev.annulus.mesh.Mesh;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.plan.RunPlan;

/**
 * A rank's model and its end of the ring that the model's attention goes round, in memory for the
 * longest rows of a run. Belongs to one thread.
 */
final class WorkerModel implements AutoCloseable {
  private final Link ring;
  private final RingAttention attention;
  private final LlamaModel model;

  private WorkerModel(Link ring, RingAttention attention, LlamaModel model) {
    this.ring = ring;
    this.attention = attention;
    this.model = model;
  }

  /**
   * Takes the memory that the configuration allows.
   *
   * @param start whose weights the model computes with
   * @throws dev.annulus.config.InvalidInputException if the device has too little
   */
  static WorkerModel open(RunConfig config, WorkerEnvironment environment, StartingPoint start) {
    int maxTokens = RunPlan.maxTokens(config);
    MemoryPlan memory =
        MemoryPlan.of(
            config.device(),
            start.config(),
            environment.device(),
            start.weights().toCome(),
            maxTokens,
            config.parallel().context(),
            RunPlan.hasBackward(config));
    Mesh mesh = environment.mesh();
    int first = mesh.rank(mesh.dataIndex(environment.rank()), 0);
    Link ring = Links.group(environment.world(), first, mesh.context());
    RingAttention attention =
        new RingAttention(
            environment.device(),
            start.config().attentionShape(),
            ring,
            maxTokens,
            config.device().mayCopyFromPeers());
    try {
      LlamaModel model =
          start.weights().model(start.config(), attention, maxTokens, memory.settings());
      return new WorkerModel(ring, attention, model);
    } catch (RuntimeException e) {
      try (ring;
          attention) {
        throw e;
      }
    }
  }

  RingAttention attention() {
    return attention;
  }

  LlamaModel model() {
    return model;
  }

  @Override
  public void close() {
    try (ring;
        attention;
        model) {
      // The last is closed first, and each whatever becomes of the others.
    }
  }
}
