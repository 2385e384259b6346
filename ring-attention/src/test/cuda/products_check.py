"""The wgmma, stmatrix and copy-engine building blocks one by one. usage: products_check.py CUBIN"""

import sys

import torch

from annulus_attention import Kernel, TensorMap, load_module

torch.manual_seed(5)
module = load_module(sys.argv[1])
kernel = Kernel(module, "hopper_products_check", 128 * 1024)
q = torch.randn(128, 128, device="cuda").bfloat16()
k = torch.randn(128, 128, device="cuda").bfloat16() / 8
q64 = q[:64].contiguous()
dq = torch.ones(64, 128, device="cuda")
scores, values, gradient = (torch.full((128, 128), float("nan"), device="cuda") for _ in range(3))
turned = torch.full((128, 64), float("nan"), device="cuda")
kernel(
    1, 128, TensorMap(q, 1, 128, 128, 2), TensorMap(q64, 1, 128, 64, 2), TensorMap(k, 1, 128, 128, 2),
    TensorMap(dq, 1, 128, 64, 2), scores, values, turned, gradient,
)
torch.cuda.synchronize()
bad = 0
for name, got, want in (
    ("scores", scores, q.float() @ k.float().T),
    ("values", values, (q.float() @ k.float().T).bfloat16().float() @ k.float()),
    ("turned", turned, k.float() @ q64.float().T),
    ("gradient", gradient, (k.float() @ q64.float().T).bfloat16().float() @ q64.float()),
    ("dQ", dq - 1, (k.float() @ q64.float().T).bfloat16().float().T @ k.float()),
):
    error = float((got - want).norm() / want.norm())
    good = error < 2e-3
    bad += not good
    print(f"{'ok  ' if good else 'OUT '}{name} {error:.2e}", flush=True)
sys.exit(1 if bad else 0)
