#!/usr/bin/env python3
"""Four times what a server can do, and what becomes of it: the answers that count, how soon the others are told, memory,
and how long it takes until all is as before.

overload.py SERVER SECONDS [RECORD]     SERVER: bench-server, which finds its settings in the environment; RECORD: a Markdown
file whose table of overload is replaced by what was measured
"""
import asyncio
import collections
import os
import re
import socket
import subprocess
import sys
import time

# What a loop does of each in a second, on a machine of its own.
ROUTES = {"/burn/2000": ("2 ms of CPU", 500), "/wait": ("10 ms in Postgres", 400)}
CONNECTIONS = 1000
WORKERS = 8
FACTOR = 4
RSS_MAX_MIB = 256
REFUSED_P99_MS = 100
RECOVERED_S = 5
SETTLE_S = 8
SETTLED = 0.02  # of the answers of a second may be others
HEALTH_EVERY_S = 0.05


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) / 1024


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Client(asyncio.Protocol):
    """A connection that carries one request at a time."""

    def __init__(self):
        self.buffer, self.done, self.transport, self.begun = b"", None, None, 0.0

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self.transport = None
        self.finish(0)

    def finish(self, status):
        done, self.done = self.done, None
        if done:
            done(self, status, time.monotonic() - self.begun)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        length = re.search(rb"content-length: (\d+)", head)
        if len(self.buffer) < end + 4 + int(length[1]):
            return
        status = int(head[9:12])
        if status == 503 and b"retry-after:" not in head:
            status = -503
        self.buffer = b""
        self.finish(status)

    def send(self, request, done):
        self.done, self.begun = done, time.monotonic()
        self.transport.write(request)


class Load:
    def __init__(self, port):
        self.port = port
        self.idle = collections.deque()
        self.open = 0

    async def connect(self):
        _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", self.port)
        return client

    def take(self):
        while self.idle:
            client = self.idle.pop()
            if client.transport:
                return client
        return None

    @staticmethod
    def request(path):
        return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    async def closed(self, path, seconds):
        """So many clients, each asking again when it is answered: what the server can do."""
        counts, request = collections.Counter(), self.request(path)
        clients = [await self.connect() for _ in range(WORKERS)]
        end = time.monotonic() + seconds

        def again(client, status, took):
            counts[status] += 1
            if time.monotonic() < end and client.transport:
                client.send(request, again)

        for client in clients:
            client.send(request, again)
        await asyncio.sleep(seconds + 0.5)
        for client in clients:
            client.transport.close()
        return counts[200] / seconds

    async def offered(self, path, rate, seconds, note):
        """So many requests a second, whatever becomes of those before. How many found no connection free."""
        request, unsent, sent, start = self.request(path), 0, 0, time.monotonic()

        def done(client, status, took):
            note(status, took)
            if client.transport:
                self.idle.append(client)
            else:
                self.open -= 1

        while (now := time.monotonic()) - start < seconds:
            while sent + unsent < (now - start) * rate:
                client = self.take()
                if not client and self.open < CONNECTIONS:
                    self.open += 1
                    client = await self.connect()
                if client:
                    client.send(request, done)
                    sent += 1
                else:
                    unsent += 1
            await asyncio.sleep(0.002)
        return unsent

    async def health(self, stop, times):
        client, request = await self.connect(), self.request("/health")
        while not stop.is_set():
            answered = asyncio.Event()

            def done(_, status, took):
                times.append(took if status == 200 else float("inf"))
                answered.set()

            client.send(request, done)
            await answered.wait()
            await asyncio.sleep(HEALTH_EVERY_S)


async def overload(port, pid, path, seconds):
    load = Load(port)
    capacity = await load.closed(path, max(3, seconds / 6))
    counts, refused, taken, times, rss = collections.Counter(), [], [], [], [0.0]
    stop = asyncio.Event()

    def note(status, took):
        counts[status] += 1
        (taken if status == 200 else refused).append(took)

    async def watch():
        while not stop.is_set():
            rss[0] = max(rss[0], resident_mib(pid))
            await asyncio.sleep(0.2)

    beside = [asyncio.create_task(load.health(stop, times)), asyncio.create_task(watch())]
    unsent = await load.offered(path, FACTOR * capacity, seconds, note)
    stop.set()
    await asyncio.gather(*beside)
    during = counts[200]
    begun, seconds_after = time.monotonic(), [collections.Counter() for _ in range(2 * SETTLE_S)]

    def note_after(status, took):
        seconds_after[min(int(time.monotonic() - begun), len(seconds_after) - 1)][status == 200] += 1

    await load.offered(path, capacity / 2, SETTLE_S, note_after)
    bad = [at for at, answers in enumerate(seconds_after) if answers[False] > answers.total() * SETTLED]
    return {"capacity": capacity, "goodput": during / seconds, "refused": counts[503], "others":
            {s: n for s, n in counts.items() if s not in (200, 503)}, "unsent": unsent,
            "refused_p99": percentile(refused, 0.99) * 1000, "taken_p99": percentile(taken, 0.99) * 1000,
            "health_p99": percentile(times, 0.99) * 1000, "rss": rss[0], "recovered": bad[-1] + 1 if bad else 0}


def judge(what, ideal, m, seconds):
    """Where others take the processor too, everything takes longer by as much as the capacity is less. A short run shows
    that it refuses, goes on serving and keeps its memory; its times are of too few requests to be judged."""
    stretch = max(1, ideal / m["capacity"])
    long = seconds >= 20
    share = 0.8 if long else 0.2
    wrong = []
    if m["goodput"] < share * m["capacity"]:
        wrong.append(f"goodput {m['goodput'] / m['capacity']:.0%} of capacity")
    if m["others"]:
        wrong.append(f"other answers: {m['others']}")
    if long and m["refused_p99"] > REFUSED_P99_MS * stretch:
        wrong.append(f"refused after {m['refused_p99']:.0f} ms")
    if not m["refused"]:
        wrong.append("nothing was refused")
    if m["rss"] > RSS_MAX_MIB:
        wrong.append(f"{m['rss']:.0f} MiB")
    if long and m["recovered"] > RECOVERED_S:
        wrong.append(f"as before after {m['recovered']} s only")
    return [f"{what}: {w}" for w in wrong]


def record(path, rows):
    with open(path, "r+", encoding="utf-8") as f:
        text = re.sub(r"(?s)(\| four times \|.*?\n\|[-| ]+\n).*?(?=\n\n|\Z)", lambda m: m[1] + "\n".join(rows), f.read())
        f.seek(0)
        f.truncate()
        f.write(text.rstrip("\n") + "\n")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit("the server does not listen")


def main(server, seconds, path=None):
    seconds, port, rows, wrong = float(seconds), free_port(), [], []
    process = subprocess.Popen([server, str(port), "1"], stdin=subprocess.DEVNULL)
    try:
        wait_for(port)
        time.sleep(1)
        for route, (what, ideal) in ROUTES.items():
            m = asyncio.run(overload(port, process.pid, route, seconds))
            rows.append(f"| {what} | {m['capacity']:.0f}/s | {m['goodput']:.0f}/s ({m['goodput'] / m['capacity']:.0%}) | "
                        f"{m['refused']} | {m['refused_p99']:.0f} ms | {m['taken_p99']:.0f} ms | {m['health_p99']:.0f} ms | "
                        f"{m['rss']:.0f} MiB | {m['recovered']} s |")
            print(rows[-1], f"unsent {m['unsent']}" if m["unsent"] else "", flush=True)
            wrong += judge(what, ideal, m, seconds)
    finally:
        process.terminate()
        process.wait()
    if path:
        record(path, rows)
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
