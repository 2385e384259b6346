/**
 * The Llama family: its configuration, its parameters, and loss and gradients of one worker's share
 * of a packed row.
 *
 * <p>Shapes: T is the number of tokens this worker holds of the row; activations are [T, columns]
 * row-major fp32; weights are [out, in] as Hugging Face stores them, norms [1, hidden]. Losses are
 * natural logarithms. All arithmetic on tensors goes through {@code Kernels} and {@code
 * RingAttention}, so the device can be replaced. Configurations and layouts are immutable values;
 * models, parameters and devices belong to one worker thread.
 */
package dev.annulus.trainer.model;
