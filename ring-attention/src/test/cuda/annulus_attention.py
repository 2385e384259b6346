"""Launches the shipped attention kernels from Python: what attention.md asks of a launcher, over the driver API by ctypes."""

import ctypes
import pathlib

import torch

CUDA = ctypes.CDLL("libcuda.so.1")

FORWARD_QUERIES, BACKWARD_QUERIES, TILE_KEYS = 128, 64, 128
THREADS = 384
SHARED_BYTES = {("forward", 64): 99328, ("forward", 128): 197632, ("backward", 64): 126976, ("backward", 128): 223232}


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
    check(CUDA.cuModuleLoadData(ctypes.byref(module), image), f"cubin {path}")
    return module


def ints(*shape):
    return torch.zeros(*shape, dtype=torch.int32, device="cuda")


def tiles(count, size):
    return (count + size - 1) // size


class HopperAttention:
    """One head dim's kernels. `ordered`: backward adds to dQ in a fixed order."""

    def __init__(self, cubins, head_dim, forward="attention_hopper_forward", backward="attention_hopper_backward"):
        cubins = pathlib.Path(cubins)
        self.head_dim = head_dim
        plan, rows = load_module(cubins / "attention_plan.cubin"), load_module(cubins / "attention_rows.cubin")
        self.tile_keys = Kernel(plan, "attention_tile_keys")
        self.key_queries = Kernel(plan, "attention_key_queries")
        self.order = Kernel(plan, "attention_order")
        self.first_turns = Kernel(plan, "attention_first_turns")
        self.delta_kernel = Kernel(rows, "attention_delta")
        self.collect_dq = Kernel(rows, "attention_collect_dq")
        self.backward_rows = Kernel(rows, "attention_backward_rows")
        module = load_module(cubins / f"{forward}.cubin")
        self.forward_kernel = Kernel(
            module, f"attention_forward_hopper_d{head_dim}", SHARED_BYTES["forward", head_dim]
        )
        module = load_module(cubins / f"{backward}.cubin")
        name = f"attention_backward_hopper_d{head_dim}"
        self.backward_kernels = {
            ordered: Kernel(module, name + ("_ordered" if ordered else ""), SHARED_BYTES["backward", head_dim])
            for ordered in (False, True)
        }
        self.blocks = torch.cuda.get_device_properties(0).multi_processor_count
        self.counters = ints(2)

    def plan(self, seen_from, seen_to, keys, ordered=False):
        queries = seen_from.numel()
        p = {"from": seen_from, "to": seen_to, "queries": queries, "keys": keys, "ordered": ordered}
        forward_tiles, query_tiles = tiles(queries, FORWARD_QUERIES), tiles(queries, BACKWARD_QUERIES)
        key_tiles = tiles(keys, TILE_KEYS)
        p["forward_keys"], p["forward_order"] = ints(forward_tiles, 4), ints(forward_tiles)
        p["backward_keys"], p["key_queries"] = ints(query_tiles, 4), ints(key_tiles, 2)
        p["backward_order"], p["first_turn"] = ints(key_tiles), ints(query_tiles)
        self.tile_keys(tiles(forward_tiles, 4), 128, seen_from, seen_to, queries, FORWARD_QUERIES, p["forward_keys"])
        self.order(tiles(forward_tiles, 128), 128, p["forward_keys"], 4, forward_tiles, 0, p["forward_order"])
        self.tile_keys(tiles(query_tiles, 4), 128, seen_from, seen_to, queries, BACKWARD_QUERIES, p["backward_keys"])
        self.key_queries(
            tiles(key_tiles, 4), 128, p["backward_keys"], query_tiles, keys, TILE_KEYS, p["key_queries"]
        )
        self.order(tiles(key_tiles, 128), 128, p["key_queries"], 2, key_tiles, int(ordered), p["backward_order"])
        self.first_turns(
            tiles(query_tiles, 128), 128, p["key_queries"], p["backward_order"], key_tiles, query_tiles, p["first_turn"]
        )
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
        self.forward_kernel(
            self.blocks, THREADS, *(maps or self.forward_maps(q, k, v)), plan["from"], plan["to"],
            plan["forward_keys"], plan["forward_order"], self.counters, plan["queries"], query_heads,
            query_heads // kv_heads, section_heads or query_heads // kv_heads, self.head_dim**-0.5, int(running),
            out, lse, out_bf16,
        )

    def delta(self, out, d_out, delta):
        heads = out.shape[1] // self.head_dim
        self.delta_kernel(tiles(out.shape[0] * heads, 4), 128, out, d_out, out.shape[0], heads, self.head_dim, delta)

    def workspace(self, plan, query_heads):
        query_tiles = tiles(plan["queries"], BACKWARD_QUERIES)
        return {
            "rows": torch.empty(query_heads, query_tiles, 2, BACKWARD_QUERIES, device="cuda"),
            "seen": ints(query_tiles * BACKWARD_QUERIES, 2),
            "turns": ints(query_heads, query_tiles),
            "dq_tiles": torch.empty(query_heads, query_tiles, BACKWARD_QUERIES * self.head_dim, device="cuda"),
        }

    def backward_maps(self, q, k, v, d_out):
        d = self.head_dim
        query_heads, kv_heads = self.heads(q, k)
        return (
            TensorMap(q, query_heads, d, BACKWARD_QUERIES, d // 64),
            TensorMap(k, kv_heads, d, TILE_KEYS, d // 64),
            TensorMap(v, kv_heads, d, TILE_KEYS, d // 64),
            TensorMap(d_out, query_heads, d, BACKWARD_QUERIES, d // 64),
        )

    def backward(
        self, plan, q, k, v, d_out, lse, delta, dq, dk, dv, workspace=None, maps=None, section_heads=None
    ):
        query_heads, kv_heads = self.heads(q, k)
        w = workspace or self.workspace(plan, query_heads)
        self.backward_rows(
            (tiles(plan["queries"] + 63, 128), query_heads), 128, lse, delta, plan["from"], plan["to"],
            plan["queries"], w["rows"], w["seen"],
        )
        w["dq_tiles"].zero_()
        if plan["ordered"]:
            w["turns"].zero_()
        self.backward_kernels[plan["ordered"]](
            self.blocks, THREADS, *(maps or self.backward_maps(q, k, v, d_out)), w["rows"], w["seen"],
            plan["key_queries"], plan["backward_order"], self.counters, plan["first_turn"],
            w["turns"], plan["queries"], plan["keys"], kv_heads, query_heads // kv_heads, section_heads or kv_heads,
            self.head_dim**-0.5, dk, dv, w["dq_tiles"],
        )
        query_tiles = w["dq_tiles"].shape[1]
        self.collect_dq(
            (self.head_dim // 8, query_tiles, query_heads), 128, w["dq_tiles"], plan["queries"], query_heads,
            self.head_dim, self.head_dim**-0.5, dq,
        )
