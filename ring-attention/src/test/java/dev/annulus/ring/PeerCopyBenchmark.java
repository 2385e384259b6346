package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import java.util.Locale;

/**
 * A ring of two workers of one process that share a GPU: attention forward and backward in bf16,
 * blocks by copies from device to device and, in turn, through the host over shared memory. Prints
 * for both the median step, the bytes a second that a worker sends meanwhile, and the share of the
 * time that it waits for its peer; then the ratio of the steps. Workers that share a GPU compute
 * one after the other, so this shows the way of the blocks, not the scaling. Not a test: run it by
 * hand.
 *
 * <pre>
 * PeerCopyBenchmark [TOKENS ...]
 * </pre>
 */
final class PeerCopyBenchmark {
  private static final AttentionShape SHAPE = new AttentionShape(32, 8, 128);

  private PeerCopyBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    System.out.printf("ring of 2 workers on one GPU, %s, bf16, causal, zigzag%n", SHAPE);
    System.out.println("| tokens | blocks | step ms | GB/s sent, of a worker | waiting |");
    System.out.println("|---|---|---|---|---|");
    for (String tokens : arguments.length == 0 ? new String[] {"8192"} : arguments) {
      double host = measure(Integer.parseInt(tokens), false);
      double peers = measure(Integer.parseInt(tokens), true);
      System.out.printf(
          Locale.ROOT, "%s tokens: through the host / by copies %.2f%n", tokens, host / peers);
    }
  }

  private static double measure(int tokens, boolean peerCopies) throws Exception {
    Documents documents = Documents.single(tokens);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, 2), documents, Route.RING);
    GpuRingTiming timing = GpuRingTiming.measure(SHAPE, schedule, 1, peerCopies);
    System.out.printf(
        Locale.ROOT,
        "| %,d | %s | %.2f | %.2f | %.1f %% |%n",
        tokens,
        peerCopies ? "copies (" + timing.peers() + " peers)" : "through the host",
        1e3 * timing.both(),
        timing.bytesPerSecond() / 1e9,
        100 * timing.waitShare());
    return timing.both();
  }
}
