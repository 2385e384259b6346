"""Training steps of a Llama of 1.0 billion parameters with transformers and torch on one GPU: the peer of CudaTrainingBenchmark.

    python training_step_benchmark.py TOKENS[/MEMORY[/ATTENTION]] ...

MEMORY is none or checkpointing; ATTENTION is cudnn, with each block compiled by torch.compile, or flash, without. bf16, fused AdamW,
norm clipping, one sequence a step. Prints tokens a second and the share of 989 TFLOP/s that 6 N + 6 layers hidden S operations a token are.
"""

import statistics
import sys
import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import LlamaConfig, LlamaForCausalLM

SIZES = dict(vocab_size=32000, hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=16,
             num_key_value_heads=8, head_dim=128, max_position_embeddings=262144, tie_word_embeddings=False)


def run(tokens, memory, attention):
    config = LlamaConfig(**SIZES, attn_implementation="sdpa", use_cache=False)
    with torch.device("cuda"):
        torch.set_default_dtype(torch.bfloat16)
        model = LlamaForCausalLM(config).train()
        torch.set_default_dtype(torch.float32)
    if memory == "checkpointing":
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if attention == "cudnn":
        for layer in model.model.layers:
            layer.compile()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    ids = torch.randint(0, SIZES["vocab_size"], (1, tokens), device="cuda")
    head, hidden = model.lm_head, model.model
    backends = [SDPBackend.CUDNN_ATTENTION if attention == "cudnn" else SDPBackend.FLASH_ATTENTION]
    seconds = []
    torch.cuda.reset_peak_memory_stats()
    with sdpa_kernel(backends):
        for step in range(-15 if tokens <= 16384 else -2, 15 if tokens <= 16384 else 2):
            torch.cuda.synchronize()
            start = time.perf_counter()
            # logits by chunks, as ours: a whole row's would not fit
            states = hidden(input_ids=ids).last_hidden_state[0]
            detached = states.detach().requires_grad_()
            for part, targets in zip(detached.split(4096), ids[0].split(4096)):
                loss = torch.nn.functional.cross_entropy(head(part).float(), targets, reduction="sum") / tokens
                loss.backward()
            states.backward(detached.grad)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            torch.cuda.synchronize()
            if step >= 0:
                seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    parameters = sum(p.numel() for p in model.parameters())
    flops = (6 * parameters + 6 * SIZES["num_hidden_layers"] * SIZES["hidden_size"] * tokens) * tokens
    print(f"torch {tokens:7d}  {memory:13s}  {attention:5s}  {tokens / median:8.0f} tokens/s  MFU {flops / median / 989e12:.3f}"
          f"  step {1e3 * median:.1f} ms  peak {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB", flush=True)


if __name__ == "__main__":
    for case in sys.argv[1:]:
        parts = case.split("/")
        arguments = int(parts[0]), (parts[1:] or ["none"])[0], (parts[2:] or ["cudnn"])[0]
        try:
            run(*arguments)
        except torch.OutOfMemoryError:
            print(f"torch {case}: out of memory", flush=True)
        torch.cuda.empty_cache()
