"""How fast: our attention kernels and torch's in the same process, medians of interleaved turns, TFLOP/s of useful pairs.

Ours as one worker without a ring calls them: out in bf16, gradients in fp32 over whatever was there; backward includes delta.

FLOPs: 4 * visible pairs * heads * head dim forward, 2.5 times that backward. Prints the ratio to the best peer.
usage: attention_benchmark.py KERNELS [--tokens 16384 ...] [--documents 12] [--turns 5] [--sections N] [--no-peers]
"""

import argparse
import statistics

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import masks
from annulus_attention import HopperAttention, PortableAttention


def timed(run):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    run()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1e-3


class Ours:
    def __init__(self, kernels, q, k, v, d_out, seen, forward_section, backward_section):
        self.k = kernels
        heads = q.shape[1] // kernels.head_dim
        self.q, self.kk, self.v, self.d_out = q, k, v, d_out
        self.plan = kernels.plan(*seen, k.shape[0])
        self.out = torch.empty_like(q)
        self.lse, self.delta = (torch.empty(heads, q.shape[0], device="cuda") for _ in range(2))
        self.dq, self.dk, self.dv = (torch.zeros_like(x, dtype=torch.float32) for x in (q, k, v))
        self.maps = kernels.forward_maps(q, k, v)
        self.backward_maps = kernels.backward_maps(q, k, v, d_out)
        self.workspace = kernels.workspace(self.plan, heads)
        self.sections = forward_section, backward_section

    def forward(self):
        self.k.forward(
            self.plan, self.q, self.kk, self.v, None, self.lse, self.out, False, self.maps, self.sections[0]
        )

    def backward(self, only=None):
        if only is None:
            self.k.delta(self.out, self.d_out, self.delta)
        self.k.backward(
            self.plan, self.q, self.kk, self.v, self.d_out, self.lse, self.delta, self.dq, self.dk, self.dv,
            self.workspace, self.backward_maps, self.sections[1], only, False,
        )


class Sdpa:
    def __init__(self, backend, q, k, v, d_out, head_dim):
        shape = lambda x: x.view(1, x.shape[0], -1, head_dim).transpose(1, 2)
        self.inputs = [shape(x).detach().clone().requires_grad_() for x in (q, k, v)]
        self.d_out, self.backend = shape(d_out), backend

    def forward(self):
        with sdpa_kernel(self.backend):
            self.out = F.scaled_dot_product_attention(*self.inputs, is_causal=True, enable_gqa=True)

    def backward(self):
        torch.autograd.grad(self.out, self.inputs, self.d_out, retain_graph=True)


class Varlen:
    def __init__(self, q, k, v, d_out, head_dim, lengths):
        from torch.nn.attention.varlen import varlen_attn

        group = q.shape[1] // k.shape[1]
        shape = lambda x: x.view(x.shape[0], -1, head_dim)
        self.inputs = [shape(q), *(shape(x).repeat_interleave(group, 1) for x in (k, v))]
        self.inputs = [x.detach().clone().requires_grad_() for x in self.inputs]
        self.d_out = shape(d_out).contiguous()
        self.starts = masks.as_ints(masks.document_starts(lengths))
        self.longest, self.call = max(lengths), varlen_attn

    def forward(self):
        try:
            self.out = self.call(*self.inputs, self.starts, self.starts, self.longest, self.longest, is_causal=True)
        except TypeError:
            self.out = self.call(
                *self.inputs, self.starts, self.starts, self.longest, self.longest, window_size=(-1, 0)
            )

    def backward(self):
        torch.autograd.grad(self.out, self.inputs, self.d_out, retain_graph=True)


class Flex:
    def __init__(self, q, k, v, d_out, head_dim, lengths):
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        shape = lambda x: x.view(1, x.shape[0], -1, head_dim).transpose(1, 2).contiguous()
        self.inputs = [shape(x).detach().clone().requires_grad_() for x in (q, k, v)]
        self.d_out = shape(d_out)
        document = torch.repeat_interleave(
            torch.arange(len(lengths), device="cuda"), torch.tensor(lengths, device="cuda")
        )
        mask = lambda b, h, i, j: (document[i] == document[j]) & (j <= i)
        tokens = q.shape[0]
        self.mask = create_block_mask(mask, None, None, tokens, tokens, device="cuda", _compile=True)
        self.call = torch.compile(flex_attention)

    def forward(self):
        self.out = self.call(*self.inputs, block_mask=self.mask, enable_gqa=True)

    def backward(self):
        torch.autograd.grad(self.out, self.inputs, self.d_out, retain_graph=True)


def measure(what, runs, flops, turns):
    times = {name: {"forward": [], "backward": []} for name in runs}
    failed = {}
    for turn in range(turns + 1):  # the first warms up
        for name, run in runs.items():
            if name in failed:
                continue
            try:
                for way in ("forward", "backward"):
                    seconds = timed(getattr(run, way))
                    if turn:
                        times[name][way].append(seconds)
            except Exception as e:
                failed[name] = str(e).splitlines()[0][:90]
    rates = {
        name: [f / statistics.median(times[name][way]) * 1e-12 for way, f in zip(("forward", "backward"), flops)]
        for name in runs
        if name not in failed
    }
    for name, (forward, backward) in rates.items():
        print(f"  {what:<28} {name:<22} forward {forward:6.1f}  backward {backward:6.1f} TFLOP/s", flush=True)
    for name, reason in failed.items():
        print(f"  {what:<28} {name:<22} failed: {reason}", flush=True)
    for name, run in runs.items():
        if isinstance(run, Ours):  # of the multiplications really done: 4 and 3 of them
            rate = {}
            for part, share in (("dkv", 2.0), ("dq", 1.5)):
                seconds = statistics.median(timed(lambda: run.backward(part)) for _ in range(turns))
                rate[part] = flops[0] * share / seconds * 1e-12
            print(f"  {what:<28} {name:<22} dK, dV alone {rate['dkv']:.1f}  dQ alone {rate['dq']:.1f} TFLOP/s done")
    ours = [x for name, x in rates.items() if name.startswith("annulus")]
    peers = [x for name, x in rates.items() if not name.startswith("annulus")]
    if ours and peers:
        ratio = [max(x[i] for x in ours) / max(x[i] for x in peers) for i in (0, 1)]
        print(f"  {what:<28} ratio to the best peer forward {ratio[0]:.2f}  backward {ratio[1]:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kernels")
    parser.add_argument("--tokens", type=int, nargs="*", default=[16384])
    parser.add_argument("--documents", type=int, default=0)
    parser.add_argument("--heads", type=int, nargs=2, default=[32, 8])
    parser.add_argument("--head-dim", type=int, default=128)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--suffixes", nargs="*", default=[""], help="of the files of variants")
    parser.add_argument("--sections", type=int, nargs=2, default=[0, 0], help="heads of a section, forward and backward")
    parser.add_argument("--portable", action="store_true", help="these kernels too")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-flex", action="store_true")
    a = parser.parse_args()
    torch.manual_seed(1)
    query_heads, kv_heads = a.heads
    d = a.head_dim
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, heads {query_heads}/{kv_heads}, head dim {d}")
    for tokens in a.tokens:
        q, d_out = (torch.randn(tokens, query_heads * d, device="cuda").bfloat16() for _ in range(2))
        k, v = (torch.randn(tokens, kv_heads * d, device="cuda").bfloat16() for _ in range(2))
        g = torch.Generator().manual_seed(3)
        lengths = masks.split(tokens, a.documents, g, 256) if a.documents else [tokens]
        seen = masks.documents(lengths)
        forward_flops = 4.0 * masks.area(seen) * query_heads * d
        runs = {}
        for suffix in a.suffixes:
            kernels = HopperAttention(a.kernels, d, suffix)
            runs["annulus" + suffix] = Ours(
                kernels, q, k, v, d_out, seen, a.sections[0] or None, a.sections[1] or None
            )
        if a.portable:
            runs["annulus portable"] = Ours(PortableAttention(a.kernels, d), q, k, v, d_out, seen, None, None)
        if not a.no_peers:
            if a.documents:
                runs["torch varlen"] = Varlen(q, k, v, d_out, d, lengths)
                if not a.no_flex:
                    runs["torch flex"] = Flex(q, k, v, d_out, d, lengths)
            else:
                runs["torch SDPA cuDNN"] = Sdpa(SDPBackend.CUDNN_ATTENTION, q, k, v, d_out, d)
                runs["torch SDPA flash"] = Sdpa(SDPBackend.FLASH_ATTENTION, q, k, v, d_out, d)
        what = f"{tokens} tokens" + (f" in {a.documents} documents" if a.documents else ", causal")
        measure(what, runs, (forward_flops, 2.5 * forward_flops), a.turns)


if __name__ == "__main__":
    main()
