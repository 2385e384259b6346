"""Masks as the kernels take them: for each query the run [from, to) of keys it sees."""

import torch


def as_ints(values):
    return torch.tensor(values, dtype=torch.int32, device="cuda")


def causal(tokens):
    return as_ints([0] * tokens), as_ints(list(range(1, tokens + 1)))


def all_pairs(queries, keys):
    return as_ints([0] * queries), as_ints([keys] * queries)


def document_starts(lengths):
    starts = [0]
    for length in lengths:
        starts.append(starts[-1] + length)
    return starts


def documents(lengths, padding=0):
    """Causal documents one after the other; padding sees nothing."""
    seen_from, seen_to = [], []
    for start, length in zip(document_starts(lengths), lengths):
        seen_from += [start] * length
        seen_to += list(range(start + 1, start + length + 1))
    total = len(seen_from)
    return as_ints(seen_from + [total] * padding), as_ints(seen_to + [total] * padding)


def holes(queries, keys, generator):
    """Ascending random runs, a third of the queries see nothing."""
    ends = torch.randint(0, keys + 1, (queries,), generator=generator).sort().values
    starts = torch.minimum(torch.randint(0, keys + 1, (queries,), generator=generator).sort().values, ends)
    blind = torch.rand(queries, generator=generator) < 1 / 3
    starts = torch.where(blind, ends, starts)
    return starts.int().cuda(), ends.int().cuda()


def ring_block(seen, query_part, key_part):
    """The mask between some queries and keys [first, end) of a mask over whole rows."""
    first, end = key_part
    seen_from, seen_to = (x[query_part[0] : query_part[1]] for x in seen)
    return (
        (seen_from.clamp(first, end) - first).contiguous(),
        (torch.maximum(seen_to, seen_from).clamp(first, end) - first).contiguous(),
    )


def dense(seen, keys):
    positions = torch.arange(keys, device="cuda")
    return (positions >= seen[0][:, None]) & (positions < seen[1][:, None])


def area(seen):
    return int((seen[1].long() - seen[0].long()).clamp(min=0).sum())


def split(total, parts, generator, least=1):
    """Random lengths that add up to total."""
    cuts = torch.randperm((total - parts * least) + parts - 1, generator=generator)[: parts - 1].sort().values.tolist()
    lengths, last = [], -1
    for cut in cuts + [total - parts * least + parts - 1]:
        lengths.append(cut - last - 1 + least)
        last = cut
    return lengths
