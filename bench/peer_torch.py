#!/usr/bin/env python3
# peer_torch.py - the work of bench/engine in PyTorch, on one thread; bench/engine/peer.h says
# what is said on the standard input and output.
#
# Written as one would who cares for speed: queries, keys and values in one product, the mask made
# once, what is only scored traced and frozen, denormals flushed to zero, the faster of Adam's two
# implementations.
import os
import struct
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
try:
    import torch
    import torch.nn.functional as F
except ImportError as why:
    print(why, flush=True)
    sys.exit(69)

BURST = 2e-3  # seconds at least
STEPS = 5     # of a turn


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


class Model(torch.nn.Module):
    def __init__(self, v, d, heads, layers, context, take):
        super().__init__()
        p = lambda *shape: torch.nn.Parameter(take(*shape))
        self.heads, self.scale = heads, (d // heads) ** -0.5
        self.wte, self.wpe, self.head = p(v, d), p(context, d), p(v, d)
        self.qkv, self.out, self.fc1, self.fc2 = ([], [], [], [])
        for _ in range(layers):
            self.qkv.append(torch.nn.Parameter(torch.cat([take(d, d), take(d, d), take(d, d)])))
            self.out.append(p(d, d))
            self.fc1.append(p(4 * d, d))
            self.fc2.append(p(d, 4 * d))
        for name in ("qkv", "out", "fc1", "fc2"):
            setattr(self, name, torch.nn.ParameterList(getattr(self, name)))
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1))

    def forward(self, ids):  # [batch][n] -> logits [batch][n][v]
        b, n = ids.shape
        x = norm(self.wte[ids] + self.wpe[:n])
        d = x.shape[-1]
        mask = self.mask[:n, :n]
        for qkv, out, fc1, fc2 in zip(self.qkv, self.out, self.fc1, self.fc2):
            parts = F.linear(norm(x), qkv).view(b, n, 3, self.heads, d // self.heads)
            q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
            a = torch.softmax(q @ k.transpose(-2, -1) * self.scale + mask, -1)
            x = x + F.linear((a @ v).transpose(1, 2).reshape(b, n, d), out)
            x = x + F.linear(F.relu(F.linear(norm(x), fc1)), fc2)
        return F.linear(x, self.head)


class Nats(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, following):
        logits = self.model(ids)
        return F.cross_entropy(logits.flatten(0, 1), following.flatten(), reduction="none")


class Work:
    def __init__(self, path):
        with open(path, "rb") as f:
            kind, *numbers = f.readline().split()
            self.kind = kind.decode()
            v, d, heads, layers, context, self.batch, windows, self.rows, self.hop = map(int, numbers)
            bytes_ = f.read()
        self.at = 0

        def take(*shape):
            size = 1
            for n in shape:
                size *= n
            x = torch.tensor(struct.unpack_from(f"={size}f", bytes_, self.at)).view(shape)
            self.at += 4 * size
            return x

        self.model = Model(v, d, heads, layers, context, take)
        self.windows = []
        for _ in range(windows):
            (n,) = struct.unpack_from("=i", bytes_, self.at)
            self.windows.append(torch.tensor(struct.unpack_from(f"={n + 1}i", bytes_, self.at + 4)))
            self.at += 4 * (n + 2)
        self.near = take(v, v)
        self.first = [p.detach().clone() for p in self.model.parameters()]
        self.prepare()
        self.reset()

    # Batches as tensors, made once.
    def prepare(self):
        windows = self.windows
        if self.kind == "turn":
            rows, windows = windows[0], windows[1:]
            self.hops = torch.stack([rows[i : i + 2 * self.hop] for i in range(0, self.rows, self.hop)])
            self.hops_next = torch.stack(
                [rows[i + self.hop + 1 : i + 2 * self.hop + 1] for i in range(0, self.rows, self.hop)]
            )
        self.batches = []
        for i in range(0, len(windows) - self.batch + 1, self.batch):
            both = torch.stack(windows[i : i + self.batch]).long()
            self.batches.append((both[:, :-1].contiguous(), both[:, 1:].contiguous()))
        if self.kind == "turn":
            self.hops, self.hops_next = self.hops.long(), self.hops_next.long()
            self.targets = [self.near[following] for _, following in self.batches]
        if self.kind == "score":
            with torch.no_grad():
                traced = torch.jit.trace(Nats(self.model).eval(), self.batches[0])
                self.nats = torch.jit.freeze(traced)

    def reset(self):
        with torch.no_grad():
            for p, first in zip(self.model.parameters(), self.first):
                p.copy_(first)
        if self.kind != "score":
            self.adam = torch.optim.Adam(
                self.model.parameters(), lr=0.01, betas=(0.85, 0.99), eps=1e-8, foreach=True
            )
        self.next = 0

    def step(self, ids, following, target=None):
        logits = self.model(ids)
        if target is None:
            loss = F.cross_entropy(logits.flatten(0, 1), following.flatten())
        else:
            loss = -(target * F.log_softmax(logits, -1)).sum(-1).mean()
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        return loss.item()

    def score_rows(self):
        with torch.no_grad():
            logp = F.log_softmax(self.model(self.hops)[:, self.hop :], -1)
            nats = -logp.gather(-1, self.hops_next.unsqueeze(-1)).mean().item()
            return nats, -(logp.exp() * logp).sum(-1).mean().item()

    def turn(self):
        nats, entropy = self.score_rows()
        for (ids, following), target in zip(self.batches[:STEPS], self.targets):
            loss = self.step(ids, following, target)
        return nats, entropy, loss

    def unit(self):
        batch = self.batches[self.next]
        self.next = (self.next + 1) % len(self.batches)
        if self.kind == "score":
            with torch.no_grad():
                return self.nats(*batch).mean().item()
        return self.step(*batch)

    def checks(self):
        if self.kind == "turn":
            return self.turn()
        return [self.unit() for _ in range(3)]

    # Microseconds of a unit: the best of bursts in which every batch comes equally often.
    def measure(self, seconds):
        self.reset()
        checks = self.checks()
        self.reset()
        one = self.turn if self.kind == "turn" else self.unit
        each = 1 if self.kind == "turn" else len(self.batches)
        best, bursts, began = float("inf"), 0, time.perf_counter()
        while bursts < 3 or time.perf_counter() - began < seconds:
            units, start = 0, time.perf_counter()
            while units == 0 or time.perf_counter() - start < BURST:
                for _ in range(each):
                    one()
                units += each
            best = min(best, (time.perf_counter() - start) / units)
            bursts += 1
        return best * 1e6, checks


torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(0)
torch.randn(8, 8) @ torch.randn(8, 8)  # what multiplies is loaded now
with open("/proc/self/maps") as maps:
    loaded = maps.read()
if not any(fast in loaded for fast in ("openblas", "mkl", "blis")):
    print("its products are those of the reference BLAS, twenty times as slow", flush=True)
    sys.exit(69)
print(f"PyTorch {torch.__version__}, 1 thread", flush=True)
works = {}
for line in sys.stdin:
    verb, name, what = line.split()
    if verb == "load":
        works[name] = Work(what)
        print("ok", flush=True)
    else:
        us, checks = works[name].measure(float(what))
        print(name, us, *checks, flush=True)
