"""Right or not: the attention kernels against float64 on the same bf16 inputs.

Budget (docs/numerics.md): norm-wise error at most twice that of a plain bf16 computation (torch, no fused kernel).
usage: attention_check.py KERNELS [--head-dim 64|128] [--only forward]; exit code 1 if anything is outside.
"""

import argparse
import sys

import torch

import masks
from annulus_attention import HopperAttention, PortableAttention


def plain(q, k, v, d_out, seen, query_heads, kv_heads, head_dim, dtype):
    """Attention and gradients written out, in `dtype`; out, dq [queries, columns], lse [heads, queries]."""
    q, k, v = (x.to(dtype).clone().requires_grad_() for x in (q, k, v))
    group = query_heads // kv_heads
    heads = lambda x, n: x.view(x.shape[0], n, head_dim).transpose(0, 1)
    kk, vv = (heads(x, kv_heads).repeat_interleave(group, 0) for x in (k, v))
    scores = heads(q, query_heads) @ kk.transpose(1, 2) * head_dim**-0.5
    visible = masks.dense(seen, k.shape[0])
    saw = visible.any(-1, keepdim=True)
    scores = scores.masked_fill(~visible & saw, float("-inf"))
    lse = torch.logsumexp(scores.float() if dtype != torch.float64 else scores, -1)
    p = torch.softmax(scores, -1).masked_fill(~visible, 0)
    out = (p @ vv).transpose(0, 1).reshape(q.shape)
    gradients = torch.autograd.grad(out, (q, k, v), d_out.to(dtype))
    return [x.detach() for x in (out, lse, *gradients)]


def error(x, truth):
    """Of the norm; where the truth is (nearly) 0, against a thousandth an element."""
    difference = (x.double() - truth).norm()
    scale = truth.norm().clamp(min=1e-3 * max(1, truth.numel()) ** 0.5)
    return float(difference / scale) if torch.isfinite(difference) else float("inf")


class Report:
    def __init__(self):
        self.bad = 0

    def line(self, what, values, limits):
        over = [name for name in values if not values[name] <= limits[name]]
        self.bad += bool(over)
        text = "  ".join(f"{name} {values[name]:.2e}/{limits[name]:.2e}" for name in values)
        print(f"{'OUT ' if over else 'ok  '}{what:<46} {text}", flush=True)


def case(kernels, report, name, seen, keys, query_heads, kv_heads, parts=1, seed=1, only=None):
    d = kernels.head_dim
    torch.manual_seed(seed)
    queries = seen[0].numel()
    q = torch.randn(queries, query_heads * d, device="cuda").bfloat16()
    k, v = (torch.randn(keys, kv_heads * d, device="cuda").bfloat16() for _ in range(2))
    d_out = torch.randn(queries, query_heads * d, device="cuda").bfloat16()
    truth = plain(q, k, v, d_out, seen, query_heads, kv_heads, d, torch.float64)
    naive = plain(q, k, v, d_out, seen, query_heads, kv_heads, d, torch.bfloat16)

    nan = float("nan")
    out, lse = torch.full_like(q, nan, dtype=torch.float32), torch.full((query_heads, queries), nan, device="cuda")
    rounded = torch.full_like(q, nan)
    cuts = [keys * i // parts for i in range(parts + 1)]
    blocks = []
    for first, end in zip(cuts, cuts[1:]):
        block = masks.ring_block(seen, (0, queries), (first, end))
        blocks.append((first, end, kernels.plan(*block, end - first)))
    for i, (first, end, plan) in enumerate(blocks):
        last = i + 1 == parts
        kernels.forward(
            plan, q, k[first:end].contiguous(), v[first:end].contiguous(), out, lse, rounded if last else None, i > 0
        )
    torch.cuda.synchronize()
    saw = seen[1] > seen[0]
    blind = int((out[~saw] != 0).sum()) + int((~torch.isneginf(lse[:, ~saw])).sum())
    values = {
        "out": error(out, truth[0]),
        "bf16": error(rounded, truth[0]),
        "lse": error(lse[:, saw], truth[1][:, saw]),
        "blind": blind,
    }
    out_limit = 2 * error(naive[0], truth[0])
    limits = {"out": out_limit, "bf16": out_limit, "lse": 1e-5, "blind": 0}
    limits = {n: x if n == "blind" else x + 1e-6 for n, x in limits.items()}
    report.line(f"{name} forward, {parts} parts", values, limits)
    if only == "forward":
        return
    true_out = truth[0].float()
    delta = torch.full((query_heads, queries), nan, device="cuda")
    kernels.delta(true_out, d_out, delta)
    true_lse = torch.where(saw, truth[1].float(), float("-inf"))
    runs = []
    for _ in range(2):
        dq, dk, dv = (torch.full_like(x, 0.5, dtype=torch.float32) for x in (q, k, v))
        for first, end, plan in blocks:
            dk_part, dv_part = dk[first:end].clone(), dv[first:end].clone()
            kernels.backward(
                plan, q, k[first:end].contiguous(), v[first:end].contiguous(), d_out, true_lse, delta, dq, dk_part,
                dv_part,
            )
            dk[first:end], dv[first:end] = dk_part, dv_part
        torch.cuda.synchronize()
        runs.append([x.clone() for x in (dq, dk, dv)])
    # the same with nothing to add to: as the first block of a ring
    put = [torch.full_like(x, nan, dtype=torch.float32) for x in (q, k, v)]
    for i, (first, end, plan) in enumerate(blocks):
        for part in ("dq", "dkv"):
            kernels.backward(
                plan, q, k[first:end].contiguous(), v[first:end].contiguous(), d_out, true_lse, delta, put[0],
                put[1][first:end], put[2][first:end], only=part, running=i > 0 and part == "dq",
            )
    torch.cuda.synchronize()
    names = ("dq", "dk", "dv")
    # where the gradient itself is 0 (one key): what dP - delta leaves behind, a rounding of delta in fp32
    values = {n: error(x - 0.5, t) for n, x, t in zip(names, runs[0], truth[2:])}
    limits = {n: 2 * error(x, t) + 2e-4 for n, x, t in zip(names, naive[2:], truth[2:])}
    values |= {"put " + n: error(x, t) for n, x, t in zip(names, put, truth[2:])}
    limits |= {"put " + n: limits[n] for n in names}
    values["differs"] = sum(int((a != b).sum()) for a, b in zip(*runs))  # the same run twice: the same bits
    limits["differs"] = 0
    report.line(f"{name} backward, {parts} parts", values, limits)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels")
    parser.add_argument("--head-dim", type=int, default=128)
    parser.add_argument("--only")
    parser.add_argument("--suffix", default="", help="of the files of a variant")
    parser.add_argument("--portable", action="store_true")
    a = parser.parse_args()
    kernels = (PortableAttention if a.portable else HopperAttention)(a.kernels, a.head_dim, a.suffix)
    report = Report()
    g = torch.Generator().manual_seed(7)
    print(f"head dim {a.head_dim}; error/budget; torch seed 1, mask seed 7")
    cases = [
        ("all pairs 256x256, heads 2/2", masks.all_pairs(256, 256), 256, 2, 2, 1),
        ("causal 512, heads 4/1", masks.causal(512), 512, 4, 1, 1),
        ("causal 1000, heads 8/2", masks.causal(1000), 1000, 8, 2, 1),
        ("all pairs 77x333, heads 2/2", masks.all_pairs(77, 333), 333, 2, 2, 1),
        ("one query, one key, heads 1/1", masks.all_pairs(1, 1), 1, 1, 1, 1),
        ("documents 1500, heads 8/1", masks.documents(masks.split(1400, 7, g), 100), 1500, 8, 1, 1),
        ("holes 700x900, heads 4/2", masks.holes(700, 900, g), 900, 4, 2, 1),
        ("nothing seen 200x200, heads 2/1", (masks.as_ints([5] * 200), masks.as_ints([5] * 200)), 200, 2, 1, 1),
        ("causal 1024, heads 4/2", masks.causal(1024), 1024, 4, 2, 2),
        ("documents 2000, heads 4/4", masks.documents(masks.split(2000, 9, g)), 2000, 4, 4, 4),
        ("holes 600x1100, heads 8/2", masks.holes(600, 1100, g), 1100, 8, 2, 4),
    ]
    for name, seen, keys, query_heads, kv_heads, parts in cases:
        case(kernels, report, name, seen, keys, query_heads, kv_heads, parts, only=a.only)
    print("outside the budget:", report.bad)
    sys.exit(1 if report.bad else 0)


if __name__ == "__main__":
    main()
