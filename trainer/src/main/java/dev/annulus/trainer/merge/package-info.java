/**
 * Continual merging: models that were fine-tuned from one base are folded into a running merge one
 * after the other, tensor by tensor, at a cost that does not depend on how many came before.
 *
 * <p>A task vector is what a model changed: its weights less those it started from, in fp64. Each
 * method keeps one or more running tensors of the shape of a weight, in fp32 or fp64 ({@code
 * dtype}); the merged weight is base + scale x (task vector of the running tensors). Matrices are
 * row-major [rows, columns] as Hugging Face stores them; norms are L2; sums are formed in fp64 in a
 * fixed order, so the same input gives the same bits whoever computes which tensor.
 *
 * <p>{@link dev.annulus.trainer.merge.FolderMerge} is the merge of folders; what it does to tensors
 * runs wherever its {@link dev.annulus.trainer.merge.TensorWorkers} run it. Objects belong to one
 * thread; tasks and their results can be sent.
 */
package dev.annulus.trainer.merge;
