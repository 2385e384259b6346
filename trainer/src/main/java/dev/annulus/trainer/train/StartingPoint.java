package dev.annulus.trainer.train;

import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import java.util.Optional;

/**
 * What a run goes on from; the same on all ranks.
 *
 * @param config as the run's settings say, with the model's own rope_theta
 * @param weights of the whole model
 * @param step steps done in the run
 * @param stage index of the stage that comes next, the number of stages if all are done
 * @param stepInStage steps done in it
 * @param optimizer its moments, if it was begun; the stage closes them
 */
record StartingPoint(
    LlamaConfig config,
    Parameters weights,
    long step,
    int stage,
    int stepInStage,
    Optional<AdamWState> optimizer) {}
