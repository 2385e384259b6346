package dev.annulus.device;

/**
 * The dense operations of a Llama-family model, forward and backward, and of its optimiser. T is
 * the number of tokens (rows). Inputs and outputs may not overlap unless said so. "Adds" means the
 * result is accumulated into the named tensor; everything else overwrites. Gradients of weights
 * add, as micro-batches accumulate; those of matrices overwrite if told so.
 *
 * <p>Every device computes on fp32. One that {@linkplain Device#computesIn computes in bf16} takes
 * activations and the weights of matrices in bf16 too, all of a call in one type unless said
 * otherwise, and rounds once, when it stores. Weights of norms, rotary tables, statistics, losses,
 * gradients of weights and the optimiser's state are fp32 always.
 */
public interface Kernels {
  /** y = x w'. x [T, in], w [out, in] (as Hugging Face stores it), y [T, out]. */
  void linear(Tensor x, Tensor w, Tensor y);

  /** y = residual + x w'. residual and y [T, out] are of one type. */
  default void linear(Tensor x, Tensor w, Tensor residual, Tensor y) {
    linear(x, w, y);
    add(residual, y);
  }

  /** dx = dy w, or dx += dy w if {@code add}. dy [T, out], w [out, in], dx [T, in]. */
  void linearInputGradient(Tensor dy, Tensor w, Tensor dx, boolean add);

  /** dw += dy' x. dy [T, out], x [T, in], dw [out, in]. */
  default void linearWeightGradient(Tensor dy, Tensor x, Tensor dw) {
    linearWeightGradient(dy, x, dw, true);
  }

  /**
   * The same if {@code add}, or else dw = dy' x, to the bits of a sum that was filled with zeros
   * before but for the sign of zeros, without anybody filling it and reading it back.
   */
  void linearWeightGradient(Tensor dy, Tensor x, Tensor dw, boolean add);

  /**
   * y = x * inverseRms * weight, inverseRms = 1 / sqrt(mean(x^2) + eps) per row. x, y [T, n],
   * weight [1, n], inverseRms [1, T] (kept for backward).
   */
  void rmsNorm(Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms);

  /** Adds to dx [T, n] and, if it is not null (frozen), to dWeight [1, n]. */
  void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight);

  /**
   * Rotary embedding in place, Hugging Face's half-split convention: for i &lt; headDim/2, (x_i,
   * x_{i+headDim/2}) becomes (x_i c - x_{i+headDim/2} s, x_{i+headDim/2} c + x_i s). x [T, heads *
   * headDim], cos and sin [T, headDim/2]. The gradient is the same rotation with {@code inverse}.
   */
  void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse);

  /** The same into y [T, heads * headDim], which may be of another type than x. */
  default void rotary(Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse, Tensor y) {
    copy(x, y);
    rotary(y, headDim, cos, sin, inverse);
  }

  /**
   * The rotary table of tokens at these positions of their documents: magnitude * cosine and sine
   * of position * frequency, a product rounded to fp32. Unless a device has its own way this needs
   * tensors of the host.
   *
   * @param positions int32 [1, T]
   * @param frequencies [K, headDim/2]
   * @param rows int32 [1, T], which of the K a token turns by
   * @param cos [T, headDim/2]
   * @param sin like {@code cos}
   */
  default void rotaryAngles(
      Tensor positions, Tensor frequencies, Tensor rows, float magnitude, Tensor cos, Tensor sin) {
    KernelShapes.checkRotaryAngles(positions, frequencies, rows, cos, sin);
    HostRotaryAngles.fill(positions, frequencies, rows, magnitude, cos, sin);
  }

  /** y = silu(gate) * up, silu(g) = g / (1 + e^-g). All [T, n]. */
  void swiGlu(Tensor gate, Tensor up, Tensor y);

  /** Overwrites dGate and dUp [T, n]; dGate may be gate's memory and dUp up's. */
  void swiGluGradient(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp);

  /**
   * y[t] = table[ids[t]]. table [V, n], ids int32 [1, T], y [T, n]. Ids must be in range: checked
   * when data is read.
   */
  void embedding(Tensor table, Tensor ids, Tensor y);

  /** dTable[ids[t]] += dy[t], tokens in order. */
  void embeddingGradient(Tensor dy, Tensor ids, Tensor dTable);

  /**
   * Cross-entropy of each row of logits [T, V] against targets int32 [1, T]: losses[t] = -log
   * softmax(logits[t])[targets[t]], computed for rows with weight != 0 and 0 elsewhere. weights,
   * losses [1, T]. If {@code gradientScale} is not NaN, logits are replaced by their gradient:
   * weights[t] * gradientScale * (softmax - onehot), 0 for rows of weight 0.
   */
  void crossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses, float gradientScale);

  /** y += x, same size. */
  void add(Tensor x, Tensor y);

  /** x *= factor. */
  void scale(Tensor x, float factor);

  /** x = value everywhere. */
  void fill(Tensor x, float value);

  /** Copies x to y, same size; rounds to nearest even where y is of a narrower type. */
  void copy(Tensor x, Tensor y);

  /**
   * y = keep * x + factor * z, z standard normal: element i is a function of (key, i) alone, the
   * one of {@link dev.annulus.device.reference.ReferenceNormal}, and CPUs and GPUs give the same
   * bits. fp32, x and y of one size; y may be x's memory.
   */
  void addNormal(Tensor x, float keep, float factor, long key, Tensor y);

  /** Sum of squares in double, in a fixed order. */
  double sumOfSquares(Tensor x);

  /**
   * One AdamW step in place, as torch: w -= lr*weightDecay*w; m = b1 m + (1-b1) g; v = b2 v +
   * (1-b2) g^2; w -= lr/(1-b1^step) * m / (sqrt(v)/sqrt(1-b2^step) + eps), with g = gradient *
   * gradientScale (the clip factor). All of one size.
   *
   * @param step from 1
   */
  void adamW(
      Tensor weights,
      Tensor gradient,
      Tensor m,
      Tensor v,
      float gradientScale,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      long step);

  /**
   * The same, and writes the new weights to {@code copy} too, in its type.
   *
   * @param copy of the size of the weights
   */
  default void adamW(
      Tensor weights,
      Tensor gradient,
      Tensor m,
      Tensor v,
      float gradientScale,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      long step,
      Tensor copy) {
    adamW(
        weights, gradient, m, v, gradientScale, learningRate, beta1, beta2, eps, weightDecay, step);
    copy(weights, copy);
  }
}
