package dev.annulus.trainer.model;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.cpu.CpuDevice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What a worker on the CPU holds at most, as rows grow on a ring of one length and as the ring
 * grows for rows of one length: the device's own meter, in a forward and backward pass of a small
 * Llama without optimiser. The denominator is what the worker with the shorter row, or the shorter
 * ring, held in the same run, each less the constant: weights, gradients, and what passes through
 * chunks.
 */
public final class CpuMemoryBenchmark {
  private static final int[] ROWS = {4096, 8192, 16_384};
  private static final int RING = 4;

  private static final LlamaConfig MODEL =
      LlamaConfig.fromRunConfig(
          Map.of(
              "vocab_size", 2048,
              "hidden_size", 256,
              "intermediate_size", 704,
              "num_hidden_layers", 4,
              "num_attention_heads", 4,
              "num_key_value_heads", 2));

  private CpuMemoryBenchmark() {}

  /** Prints a line a case. */
  public static void main(String[] arguments) throws Exception {
    Map<String, double[]> weights = TinyModels.randomWeights(MODEL, 3);
    System.out.println("kept        ring     row  tokens  MiB  above the constant  ratio");
    for (Retention retention : Retention.values()) {
      double[] rows = new double[ROWS.length];
      for (int i = 0; i < ROWS.length; i++) {
        rows[i] = peak(weights, retention, RING, ROWS[i]);
      }
      double constant = 2 * rows[1] - rows[2];
      for (int i = 0; i < ROWS.length; i++) {
        show(retention, RING, ROWS[i], rows[i], constant, i == 0 ? rows[0] : rows[i - 1]);
      }
      double before = rows[1];
      for (int ring : new int[] {RING / 2, RING, 2 * RING}) {
        double held = ring == RING ? rows[1] : peak(weights, retention, ring, ROWS[1]);
        show(retention, ring, ROWS[1], held, constant, ring == RING / 2 ? held : before);
        before = held;
      }
    }
  }

  private static void show(
      Retention retention, int ring, int row, double held, double constant, double before) {
    System.out.printf(
        Locale.ROOT,
        "%-10s  %4d  %6d  %6d  %.1f  %.1f  %.3f%n",
        retention,
        ring,
        row,
        row / ring,
        held,
        held - constant,
        (held - constant) / (before - constant));
  }

  /** Of the worker that holds most, in MiB. */
  private static double peak(
      Map<String, double[]> weights, Retention retention, int ring, int tokens) throws Exception {
    List<Device> devices = Collections.synchronizedList(new ArrayList<>());
    int[] ids = new Random(tokens).ints(tokens, 0, MODEL.vocabSize()).toArray();
    PackedRow row = Rows.single(ids, false);
    new RingRun(
            () -> {
              Device device = new CpuDevice(1);
              devices.add(device);
              return device;
            },
            MODEL,
            weights)
        .ring(ring, Layout.ZIGZAG)
        .compute(DataType.FLOAT32, retention)
        .run(row);
    return devices.stream().mapToLong(Device::peakBytes).max().orElseThrow() / (double) (1 << 20);
  }
}
