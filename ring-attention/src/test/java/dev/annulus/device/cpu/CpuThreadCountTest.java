package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.device.Kernels;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every operation gives the bits of one thread on two and on three, at sizes that are cut up. */
class CpuThreadCountTest {
  @Test
  void sameBits() {
    List<Tensor> alone = results(1);
    for (int threads : new int[] {2, 3}) {
      List<Tensor> together = results(threads);
      for (int i = 0; i < alone.size(); i++) {
        assertThat(together.get(i).memory().mismatch(alone.get(i).memory()))
            .as("result %d on %d threads", i, threads)
            .isEqualTo(-1);
      }
    }
  }

  /** What a model would compute, by seeded numbers; tensors stay open for the comparison. */
  private static List<Tensor> results(int count) {
    RandomTensors random = new RandomTensors(31);
    int tokens = 150;
    int hidden = 272;
    int inner = 530;
    int vocabulary = 700;
    Tensor table = random.normal(vocabulary, hidden);
    Tensor ids = random.ids(tokens, vocabulary);
    Tensor norm = random.normal(1, hidden);
    Tensor w = random.normal(inner, hidden);
    Tensor head = random.normal(vocabulary, inner);
    Tensor x = random.zeros(tokens, hidden);
    Tensor normed = random.zeros(tokens, hidden);
    Tensor rms = random.zeros(1, tokens);
    Tensor gate = random.zeros(tokens, inner);
    Tensor y = random.zeros(tokens, inner);
    Tensor logits = random.zeros(tokens, vocabulary);
    Tensor losses = random.zeros(1, tokens);
    Tensor dy = random.zeros(tokens, inner);
    Tensor dGate = random.zeros(tokens, inner);
    Tensor dUp = random.zeros(tokens, inner);
    Tensor dNormed = random.zeros(tokens, hidden);
    Tensor dx = random.zeros(tokens, hidden);
    Tensor dw = random.zeros(inner, hidden);
    Tensor dNorm = random.zeros(1, hidden);
    Tensor dTable = random.zeros(vocabulary, hidden);
    Tensor m = random.zeros(inner, hidden);
    Tensor v = random.zeros(inner, hidden);
    Tensor turned = random.normal(tokens, hidden);
    Tensor cos = random.normal(tokens, 8);
    Tensor sin = random.normal(tokens, 8);
    Tensor squares = random.zeros(1, 1);
    Tensor one = random.full(tokens, inner, 1);
    try (CpuThreads threads = new CpuThreads(count)) {
      Kernels kernels = new CpuKernels(threads);
      kernels.embedding(table, ids, x);
      kernels.rmsNorm(x, norm, 1e-5f, normed, rms);
      kernels.rotary(turned, 16, cos, sin, false);
      kernels.linear(normed, w, gate);
      kernels.swiGlu(gate, gate, y);
      kernels.linear(y, head, logits);
      kernels.scale(logits, 1e-3f);
      kernels.crossEntropy(logits, ids, random.full(1, tokens, 1), losses, 1);
      kernels.linearInputGradient(logits, head, dy, false);
      kernels.swiGluGradient(dy, gate, gate, dGate, dUp);
      kernels.add(dUp, dGate);
      kernels.add(one, dGate);
      kernels.linearInputGradient(dGate, w, dNormed, true);
      kernels.linearWeightGradient(dGate, normed, dw);
      kernels.rmsNormGradient(dNormed, x, norm, rms, dx, dNorm);
      kernels.embeddingGradient(dx, ids, dTable);
      squares.setFloat(0, 0, (float) kernels.sumOfSquares(dw));
      kernels.adamW(w, dw, m, v, 0.5f, 1e-3, 0.9, 0.95, 1e-8, 0.1, 1);
      kernels.copy(w, dw);
      kernels.fill(one, 2);
    }
    return new ArrayList<>(
        List.of(
            x, normed, rms, turned, gate, y, logits, losses, dy, dGate, dNormed, dx, dNorm, dTable,
            squares, w, m, v, dw, one));
  }
}
