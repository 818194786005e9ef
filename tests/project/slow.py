"""Nine hundred slow clients at a running MVP: nobody else notices, and all are gone in time; and its end under load."""
import os
import resource
import signal
import socket
import statistics
import threading
import time

EACH = 225
GONE_S, HEALTH_P99_S, CPU_SHARE = 35, 0.1, 0.25
CLIENTS, PROMPT_S = 48, 0.3


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Slow:
    """What it sends at once, and what a byte at a time for ever after; it reads a byte at a time too, if at all."""

    def __init__(self, port, first, drip, reads):
        self.drip, self.reads = drip, reads
        self.socket = socket.socket()
        # As over Ethernet: loopback's segments make the kernel buffer megabytes of what nobody reads.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        try:
            self.socket.send(first)
        except BlockingIOError:
            pass

    def step(self):
        """False: it is gone."""
        try:
            if self.drip:
                self.socket.send(self.drip)
            if self.reads:
                while self.socket.recv(4096):
                    pass
                return False
            return bool(self.socket.recv(1))
        except BlockingIOError:
            return True
        except OSError:
            return False


def kinds(port, token, path):
    head = f"GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    page = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    post = f"POST /v1/projects HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n".encode()
    return {"head": (head.encode() + b"X: ", b"x", True), "body": (post + b'{"name":"', b"x", True),
            "read": (page * 20, b"", False), "idle": (head.encode() + b"\r\n", b"", True)}


class Health(threading.Thread):
    """Asks again and again, each time on a connection of its own."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.stop, self.times, self.failed = port, threading.Event(), [], 0

    def run(self):
        while not self.stop.is_set():
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", self.port), 10) as s:
                s.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.failed += not s.recv(65536).startswith(b"HTTP/1.1 200")
            self.times.append(time.monotonic() - begun)
            self.stop.wait(0.02)

    def p99(self):
        self.stop.set()
        self.join(20)
        return statistics.quantiles(self.times, n=100)[98]


def many_slow(port, pid, token, path, descriptors):
    """Rows of a table, and what is wrong."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before, begun, health, gone = descriptors(pid), time.monotonic(), Health(port), {}
    health.start()
    live = {name: [Slow(port, *kind) for _ in range(EACH)] for name, kind in kinds(port, token, path).items()}
    opened = time.monotonic() - begun
    cpu, cpu_from = cpu_seconds(pid), time.monotonic()
    # Those who don't read don't see the end either, behind what lies unread: their descriptors tell.
    while "read" not in gone and time.monotonic() - begun < 2 * GONE_S:
        time.sleep(1)
        for name, clients in live.items():
            live[name] = [c for c in clients if c.step() or c.socket.close()]
            if not live[name]:
                gone.setdefault(name, time.monotonic() - begun)
        if descriptors(pid) <= before + 1:
            gone["read"] = time.monotonic() - begun
    share = (cpu_seconds(pid) - cpu) / (time.monotonic() - cpu_from)
    left = 4 - len(gone)
    p99, count = health.p99(), len(health.times)
    time.sleep(1)
    after = descriptors(pid)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    rows = [f"| {4 * EACH} slow clients (head, body, read, idle) | opened in {opened:.1f} s; gone after "
            f"{', '.join(f'{name} {at:.0f} s' for name, at in gone.items())} |",
            f"| meanwhile | /health p99 {p99 * 1000:.1f} ms of {count}; processor {share * 100:.1f} % of one |",
            f"| descriptors before, after them | {before}, {after} |"]
    wrong = [text for text, bad in (
        (f"{left} kinds of slow clients are still there", left), (f"the last slow ones went after {max(gone.values(), default=0):.0f} s",
                                                        gone and max(gone.values()) > GONE_S),
        (f"/health failed {health.failed} times beside slow clients", health.failed),
        (f"/health p99 {p99:.3f} s beside slow clients", p99 > HEALTH_P99_S),
        (f"slow clients cost {share * 100:.0f} % of a processor", share > CPU_SHARE),
        (f"{after - before} descriptors more after slow clients", after > before + 2)) if bad]
    return rows, wrong


class Load(threading.Thread):
    """Asks without pause, on a connection for each request or on one as long as the server keeps it."""

    def __init__(self, port, keeps, request):
        super().__init__(daemon=True)
        self.port, self.keeps, self.request = port, keeps, request
        self.answered, self.lost, self.over = 0, [], False

    def ask(self, s, late):
        """Whether the connection stays."""
        got = b""
        try:
            s.sendall(self.request)
            while b'"success":true' not in got:
                more = s.recv(65536)
                if not more:
                    raise OSError("the end")
                got += more
            self.answered += 1
            return b"keep-alive" in got
        except OSError as e:
            # Who asks late on an idle connection may find it closed, and asks again.
            if not late:
                self.lost.append(f"{e}: {got!r}")
            return False

    def run(self):
        while not self.over:
            try:
                s = socket.create_connection(("127.0.0.1", self.port), 30)
            except OSError:
                return
            with s:
                last = time.monotonic()
                while True:
                    now = time.monotonic()
                    late, last = now - last > PROMPT_S, now
                    if not self.ask(s, late) or not self.keeps or self.over:
                        break


def ended_under_load(port, pid, token, path):
    """The program is told to end; it is not there any more afterwards."""
    page = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    load = [Load(port, i % 2, page) for i in range(CLIENTS)]
    for one in load:
        one.start()
    time.sleep(3)
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while time.monotonic() - begun < 30 and b") Z" not in stat(pid):
        time.sleep(0.01)
    took = time.monotonic() - begun
    for one in load:
        one.over = True
    for one in load:
        one.join(40)
    answered, lost = sum(one.answered for one in load), [text for one in load for text in one.lost]
    rows = [f"| SIGTERM under load | {CLIENTS} clients, {answered} answers, {len(lost)} lost; ended after {took:.1f} s |"]
    return rows, [f"lost at the end: {text}" for text in lost] + ([f"it took {took:.0f} s to end"] if took > 10 else [])


def stat(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            return f.read()
    except OSError:
        return b") Z"
