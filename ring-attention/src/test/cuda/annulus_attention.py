"""Launches the shipped attention kernels from Python: what docs/gpu-attention.md asks of a launcher, by ctypes on libcuda."""

import ctypes
import pathlib

import torch

CUDA = ctypes.CDLL("libcuda.so.1")

FORWARD_QUERIES, BACKWARD_QUERIES, TILE_KEYS = 128, 64, 128
THREADS = 384
SHARED_BYTES = {
    ("forward", 64): 99328,
    ("forward", 128): 197632,
    ("backward_dkv", 64): 94208,
    ("backward_dkv", 128): 184320,
    ("backward_dq", 64): 115712,
    ("backward_dq", 128): 230400,
}


def check(status, call):
    if status != 0:
        text = ctypes.c_char_p()
        CUDA.cuGetErrorString(status, ctypes.byref(text))
        raise RuntimeError(f"{call}: {status} {text.value and text.value.decode()}")


class Kernel:
    """A kernel; arguments are tensors (their address), ints, floats, TensorMaps or None (a null pointer)."""

    def __init__(self, module, name, shared_bytes=0):
        self.name, self.shared_bytes = name, shared_bytes
        self.function = ctypes.c_void_p()
        check(CUDA.cuModuleGetFunction(ctypes.byref(self.function), module, name.encode()), f"function {name}")
        if shared_bytes:
            check(CUDA.cuFuncSetAttribute(self.function, 8, shared_bytes), f"shared memory of {name}")

    def __call__(self, grid, block, *arguments):
        holders = []
        for argument in arguments:
            if argument is None:
                holders.append(ctypes.c_void_p(0))
            elif isinstance(argument, torch.Tensor):
                holders.append(ctypes.c_void_p(argument.data_ptr()))
            elif isinstance(argument, float):
                holders.append(ctypes.c_float(argument))
            elif isinstance(argument, int):
                holders.append(ctypes.c_int(argument))
            else:
                holders.append(argument)
        addresses = (ctypes.c_void_p * len(holders))(
            *[h.address if isinstance(h, TensorMap) else ctypes.addressof(h) for h in holders]
        )
        gx, gy, gz = (*(grid if isinstance(grid, tuple) else (grid,)), 1, 1)[:3]
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        check(
            CUDA.cuLaunchKernel(
                self.function, gx, gy, gz, block, 1, 1, self.shared_bytes, stream, addresses, None
            ),
            f"launch of {self.name}",
        )


class TensorMap:
    """Map of [tokens, heads * head_dim] for tiles of `box_tokens` x `box_chunks` chunks of 128 bytes (hopper_tma.cuh)."""

    def __init__(self, tensor, heads, head_dim, box_tokens, box_chunks):
        tokens, columns = tensor.shape
        assert columns == heads * head_dim and tensor.is_contiguous()
        size = tensor.element_size()
        per_chunk = 128 // size
        self.memory = (ctypes.c_ubyte * 256)()
        self.address = (ctypes.addressof(self.memory) + 63) // 64 * 64
        dims = (ctypes.c_uint64 * 4)(per_chunk, tokens, head_dim // per_chunk, heads)
        strides = (ctypes.c_uint64 * 3)(columns * size, 128, head_dim * size)
        box = (ctypes.c_uint32 * 4)(per_chunk, box_tokens, box_chunks, 1)
        steps = (ctypes.c_uint32 * 4)(1, 1, 1, 1)
        kind = {torch.bfloat16: 9, torch.float32: 7}[tensor.dtype]
        status = CUDA.cuTensorMapEncodeTiled(
            ctypes.c_void_p(self.address), kind, 4, ctypes.c_void_p(tensor.data_ptr()), dims, strides, box, steps,
            0,  # not interleaved
            3,  # 128-byte swizzle
            2,  # L2 promotion to 128 bytes
            0,  # outside reads as zero
        )
        check(status, "cuTensorMapEncodeTiled")


def load_module(path):
    torch.cuda.init()
    torch.zeros(1, device="cuda")  # makes torch's context current
    image = pathlib.Path(path).read_bytes()
    module = ctypes.c_void_p()
    check(CUDA.cuModuleLoadData(ctypes.byref(module), image), f"code of {path}")
    return module


def ints(*shape):
    return torch.zeros(*shape, dtype=torch.int32, device="cuda")


def tiles(count, size):
    return (count + size - 1) // size


class HopperAttention:
    """One head dim's kernels. `suffix`: of the files of a variant."""

    def __init__(self, folder, head_dim, suffix=""):
        folder = pathlib.Path(folder)
        self.head_dim = head_dim
        plan, rows = load_module(folder / "attention_plan.fatbin"), load_module(folder / "attention_rows.fatbin")
        self.tile_keys = Kernel(plan, "attention_tile_keys")
        self.key_queries = Kernel(plan, "attention_key_queries")
        self.order = Kernel(plan, "attention_order")
        self.delta_kernels = {
            torch.float32: Kernel(rows, "attention_delta"),
            torch.bfloat16: Kernel(rows, "attention_delta_bf16"),
        }
        self.backward_rows = Kernel(rows, "attention_backward_rows")
        self.kernels = {}
        for way in ("forward", "backward_dkv", "backward_dq"):
            path = folder / f"attention_hopper_{way}{suffix}.fatbin"
            module = load_module(path if path.exists() else folder / f"attention_hopper_{way}.fatbin")
            name = f"attention_{way}_hopper_d{head_dim}"
            self.kernels[way] = Kernel(module, name, SHARED_BYTES[way, head_dim])
        self.blocks = torch.cuda.get_device_properties(0).multi_processor_count
        self.counters = ints(2)

    def plan(self, seen_from, seen_to, keys):
        queries = seen_from.numel()
        p = {"from": seen_from, "to": seen_to, "queries": queries, "keys": keys}
        forward_tiles, query_tiles = tiles(queries, FORWARD_QUERIES), tiles(queries, BACKWARD_QUERIES)
        key_tiles = tiles(keys, TILE_KEYS)
        p["tile_keys"], p["tile_order"] = ints(forward_tiles, 4), ints(forward_tiles)
        p["key_queries"], p["key_order"] = ints(key_tiles, 2), ints(key_tiles)
        narrow = ints(query_tiles, 4)
        self.tile_keys(tiles(forward_tiles, 4), 128, seen_from, seen_to, queries, FORWARD_QUERIES, p["tile_keys"])
        self.order(tiles(forward_tiles, 128), 128, p["tile_keys"], 4, forward_tiles, p["tile_order"])
        self.tile_keys(tiles(query_tiles, 4), 128, seen_from, seen_to, queries, BACKWARD_QUERIES, narrow)
        self.key_queries(tiles(key_tiles, 4), 128, narrow, query_tiles, keys, TILE_KEYS, p["key_queries"])
        self.order(tiles(key_tiles, 128), 128, p["key_queries"], 2, key_tiles, p["key_order"])
        return p

    def heads(self, q, k):
        return q.shape[1] // self.head_dim, k.shape[1] // self.head_dim

    def forward_maps(self, q, k, v):
        d = self.head_dim
        query_heads, kv_heads = self.heads(q, k)
        return (
            TensorMap(q, query_heads, d, FORWARD_QUERIES, d // 64),
            TensorMap(k, kv_heads, d, TILE_KEYS, d // 64),
            TensorMap(v, kv_heads, d, TILE_KEYS, d // 64),
        )

    def forward(self, plan, q, k, v, out, lse, out_bf16=None, running=False, maps=None, section_heads=None):
        query_heads, kv_heads = self.heads(q, k)
        group = query_heads // kv_heads
        self.kernels["forward"](
            self.blocks, THREADS, *(maps or self.forward_maps(q, k, v)), plan["from"], plan["to"], plan["tile_keys"],
            plan["tile_order"], self.counters, plan["queries"], query_heads, group, section_heads or group,
            self.head_dim**-0.5, int(running), out, lse, out_bf16,
        )

    def delta(self, out, d_out, delta):
        heads = out.shape[1] // self.head_dim
        kernel = self.delta_kernels[out.dtype]
        kernel(tiles(out.shape[0] * heads, 4), 128, out, d_out, out.shape[0], heads, self.head_dim, delta)

    def workspace(self, plan, query_heads):
        query_tiles = tiles(plan["queries"], BACKWARD_QUERIES)
        return {
            "rows": torch.empty(query_heads, query_tiles, 2, BACKWARD_QUERIES, device="cuda"),
            "seen": ints(query_tiles * BACKWARD_QUERIES, 2),
        }

    def backward_maps(self, q, k, v, d_out):
        d = self.head_dim
        query_heads, kv_heads = self.heads(q, k)
        keys = TensorMap(k, kv_heads, d, TILE_KEYS, d // 64), TensorMap(v, kv_heads, d, TILE_KEYS, d // 64)
        return [
            (TensorMap(q, query_heads, d, box, d // 64), *keys, TensorMap(d_out, query_heads, d, box, d // 64))
            for box in (BACKWARD_QUERIES, FORWARD_QUERIES)
        ]

    def backward(
        self, plan, q, k, v, d_out, lse, delta, dq, dk, dv, workspace=None, maps=None, section_heads=None, only=None,
        running=True,
    ):
        query_heads, kv_heads = self.heads(q, k)
        group = query_heads // kv_heads
        w = workspace or self.workspace(plan, query_heads)
        narrow, wide = maps or self.backward_maps(q, k, v, d_out)
        if only != "dq":
            self.backward_rows(
                (tiles(plan["queries"] + 63, 128), query_heads), 128, lse, delta, plan["from"], plan["to"],
                plan["queries"], w["rows"], w["seen"],
            )
            self.kernels["backward_dkv"](
                self.blocks, THREADS, *narrow, w["rows"], w["seen"], plan["key_queries"], plan["key_order"],
                self.counters, plan["queries"], plan["keys"], kv_heads, group, section_heads or kv_heads,
                self.head_dim**-0.5, int(running), dk, dv,
            )
        if only != "dkv":
            self.kernels["backward_dq"](
                self.blocks, THREADS, *wide, plan["from"], plan["to"], plan["tile_keys"], plan["tile_order"],
                self.counters, plan["queries"], query_heads, group, group, self.head_dim**-0.5,
                int(running), lse, delta, dq,
            )


PORTABLE_ROWS = 64


class PortableAttention(HopperAttention):
    """The kernels for any GPU since Ampere, behind the same calls."""

    def __init__(self, folder, head_dim, suffix=""):
        super().__init__(folder, head_dim)
        folder = pathlib.Path(folder)
        tile = PORTABLE_ROWS * head_dim * 2
        forward = load_module(folder / f"attention_portable_forward{suffix}.fatbin")
        backward = load_module(folder / f"attention_portable_backward{suffix}.fatbin")
        self.kernels = {
            "forward": Kernel(forward, f"attention_forward_portable_d{head_dim}", 5 * tile),
            "backward_dkv": Kernel(backward, f"attention_backward_dkv_portable_d{head_dim}", 4 * tile),
            "backward_dq": Kernel(backward, f"attention_backward_dq_portable_d{head_dim}", 4 * tile),
        }

    def plan(self, seen_from, seen_to, keys):
        queries = seen_from.numel()
        p = {"from": seen_from, "to": seen_to, "queries": queries, "keys": keys}
        query_tiles, key_tiles = tiles(queries, PORTABLE_ROWS), tiles(keys, PORTABLE_ROWS)
        p["tile_keys"], p["tile_order"] = ints(query_tiles, 4), ints(query_tiles)
        p["key_queries"], p["key_order"] = ints(key_tiles, 2), ints(key_tiles)
        self.tile_keys(tiles(query_tiles, 4), 128, seen_from, seen_to, queries, PORTABLE_ROWS, p["tile_keys"])
        self.order(tiles(query_tiles, 128), 128, p["tile_keys"], 4, query_tiles, p["tile_order"])
        self.key_queries(tiles(key_tiles, 4), 128, p["tile_keys"], query_tiles, keys, PORTABLE_ROWS, p["key_queries"])
        self.order(tiles(key_tiles, 128), 128, p["key_queries"], 2, key_tiles, p["key_order"])
        return p

    def forward_maps(self, q, k, v):
        return None

    def backward_maps(self, q, k, v, d_out):
        return None

    def forward(self, plan, q, k, v, out, lse, out_bf16=None, running=False, maps=None, section_heads=None):
        query_heads, kv_heads = self.heads(q, k)
        self.kernels["forward"](
            (plan["tile_order"].numel(), query_heads), 128, q, k, v, plan["from"], plan["to"], plan["tile_keys"],
            plan["tile_order"], plan["queries"], plan["keys"], query_heads, query_heads // kv_heads,
            self.head_dim**-0.5, int(running), out, lse, out_bf16,
        )

    def backward(
        self, plan, q, k, v, d_out, lse, delta, dq, dk, dv, workspace=None, maps=None, section_heads=None, only=None,
        running=True,
    ):
        query_heads, kv_heads = self.heads(q, k)
        if not running:
            for gradient in ({"dq": [dq], "dkv": [dk, dv]}.get(only) or [dq, dk, dv]):
                gradient.zero_()  # these kernels only add
        w = workspace or self.workspace(plan, query_heads)
        sizes = plan["queries"], plan["keys"], query_heads, query_heads // kv_heads, self.head_dim**-0.5
        if only != "dq":
            self.backward_rows(
                (tiles(plan["queries"] + 63, 128), query_heads), 128, lse, delta, plan["from"], plan["to"],
                plan["queries"], w["rows"], w["seen"],
            )
            self.kernels["backward_dkv"](
                (plan["key_order"].numel(), kv_heads), 128, q, k, v, d_out, w["rows"], w["seen"], plan["key_queries"],
                plan["key_order"], *sizes, dk, dv,
            )
        if only != "dkv":
            self.kernels["backward_dq"](
                (plan["tile_order"].numel(), query_heads), 128, q, k, v, d_out, plan["from"], plan["to"],
                plan["tile_keys"], plan["tile_order"], *sizes, lse, delta, dq,
            )
