"""Attention of a ring of GPUs with torch's own context parallel: the peer of GpuScalingBenchmark, dense causal.

    torchrun --nproc-per-node GPUS context_parallel_benchmark.py TOKENS_A_GPU

32 query heads and as many key heads (its ring does not group queries, so keys are repeated), head dim 128, bf16, flash attention. Prints the share of
one GPU's rate, alone with TOKENS_A_GPU tokens, that each GPU of the ring keeps: pairs a second, medians of 7.
"""

import os
import statistics
import sys
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.experimental import context_parallel
from torch.nn.attention import SDPBackend, sdpa_kernel

HEADS, HEAD_DIM = 32, 128


def tensors(tokens):
    torch.manual_seed(tokens)
    return [torch.randn(1, HEADS, tokens, HEAD_DIM, device="cuda", dtype=torch.bfloat16) for _ in range(4)]


def timed(run):
    seconds = []
    for step in range(-2, 7):
        torch.cuda.synchronize()
        dist.barrier()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        if step >= 0:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def measure(q, k, v, d_out):
    inputs = [x.detach().requires_grad_() for x in (q, k, v)]
    attend = lambda: F.scaled_dot_product_attention(*inputs, is_causal=True)
    forward = timed(attend)

    def both():
        torch.autograd.grad(attend(), inputs, d_out)

    return forward, timed(both) - forward


def main(tokens):
    dist.init_process_group("nccl")
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]):
        alone = measure(*tensors(tokens))
        buffers = tensors(tokens * ranks)
        with context_parallel(init_device_mesh("cuda", (ranks,)), buffers=buffers, buffer_seq_dims=[2] * 4):
            ring = measure(*buffers)
    if rank == 0:
        # The whole row has ranks^2 times the pairs of one GPU's, on ranks GPUs.
        kept = [ranks * a / r for a, r in zip(alone, ring)]
        print(f"torch {torch.__version__}, {ranks} GPUs, {tokens} tokens each: forward {1e3 * ring[0]:.2f} ms, {kept[0]:.3f} kept; "
              f"backward {1e3 * ring[1]:.2f} ms, {kept[1]:.3f} kept", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]))
