#!/usr/bin/env python3
"""Tenants at work on a running MVP for so long; then its descriptors and memory must be what they were. Then slow clients,
and its end under load.

soak.py PORT PID SECONDS [RECORD]; Postgres may go away and come back meanwhile: that is 503, and nothing else is. RECORD:
a Markdown file whose table is replaced by what was measured.
soak.py --note RECORD NAME OUTPUT: one more row of that table, of what a test program said beside its results.
"""
import collections
import http.client
import json
import os
import random
import re
import socket
import sys
import threading
import time

import slow

TENANTS = 16
FDS_MORE, RSS_MORE = 2, 0.05
QUIET_S = 3
PASSWORD = "correct horse battery"


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


class Tenant:
    """One organization's user, doing this and that."""

    def __init__(self, port, number):
        self.port, self.number = port, number
        self.random = random.Random(number)
        self.statuses, self.surprises = collections.Counter(), []
        self.token = self.refresh_token = self.project = None
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, method, path, body=None, raw=None, expect=(200,)):
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None or raw is not None:
            headers["content-type"] = "application/json"
        try:
            self.connection.request(method, path, raw or (json.dumps(body) if body is not None else None), headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as e:
            self.connection.close()
            self.surprises.append(f"{method} {path}: {type(e).__name__} {e}")
            return None
        self.statuses[answer.status] += 1
        if answer.status not in (*expect, 503):
            self.surprises.append(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text)["data"] if answer.status in (200, 201) else None

    def sign_up(self):
        name = f"soak-{os.getpid()}-{self.number}"
        data = self.call("POST", "/v1/auth/signup", {"orgName": name, "email": f"{name}@example.com", "password": PASSWORD},
                         expect=(201,))
        self.token, self.refresh_token = data["accessToken"], data["refreshToken"]

    def create(self):
        data = self.call("POST", "/v1/projects", {"name": f"p{self.random.random()}"}, expect=(201,))
        self.project = data["id"] if data else self.project

    def change(self):
        self.call("PATCH", f"/v1/projects/{self.project}", {"description": "x" * self.random.randrange(2000)})

    def refresh(self):
        data = self.call("POST", "/v1/auth/refresh", {"refreshToken": self.refresh_token})
        if data:
            self.token, self.refresh_token = data["accessToken"], data["refreshToken"]

    def leave(self):
        """Asks and does not wait for the answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(f"GET /v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())

    def do(self):
        kind = self.random.randrange(100)
        if kind < 40:
            self.call("GET", f"/v1/projects/{self.project}")
        elif kind < 60:
            self.call("GET", "/v1/projects?perPage=20")
        elif kind < 75:
            self.call("GET", "/v1/me")
        elif kind < 80:
            self.create()
        elif kind < 88:
            self.change()
        elif kind < 91:
            self.call("GET", "/v1/projects/00000000-0000-7000-8000-000000000000", expect=(404,))
        elif kind < 94:
            self.call("POST", "/v1/projects", raw='{"name":', expect=(400,))
        elif kind < 97:
            self.call("POST", "/v1/projects", raw="[" * 200_000 + "x" * 200_000, expect=(413,))
            self.connection.close()
        elif kind < 99:
            self.leave()
        else:
            self.refresh()

    def work(self, stop):
        if not self.token:
            self.sign_up()
            self.create()
        self.statuses.clear()
        while not stop.is_set():
            self.do()
        self.connection.close()


def load(tenants, seconds):
    """All at work for so long, and gone by then."""
    stop = threading.Event()
    threads = [threading.Thread(target=t.work, args=(stop,), daemon=True) for t in tenants]
    for t in threads:
        t.start()
    time.sleep(seconds)
    stop.set()
    for t in threads:
        t.join(60)
    time.sleep(QUIET_S)


def record(path, rows):
    with open(path, "r+", encoding="utf-8") as f:
        text = re.sub(r"(?s)(\| measured \|.*?\n\|[-| ]+\n).*?(?=\n\n|\Z)", lambda m: m[1] + "\n".join(rows), f.read())
        f.seek(0)
        f.truncate()
        f.write(text.rstrip("\n") + "\n")


def slow_and_end(tenant, pid):
    """The rest, with a page of some size for those who read slowly."""
    tenant.refresh()
    for _ in range(20):
        tenant.call("POST", "/v1/projects", {"name": "large", "description": "x" * 2000}, expect=(201,))
    tenant.connection.close()
    path = "/v1/projects?perPage=20&sort=-createdAt"
    rows, wrong = slow.many_slow(tenant.port, pid, tenant.token, path, descriptors)
    tenant.refresh()
    tenant.connection.close()
    more_rows, more_wrong = slow.ended_under_load(tenant.port, pid, tenant.token, path)
    return rows + more_rows, wrong + more_wrong


def note(path, name, output):
    said = [line.strip() for line in output.splitlines() if not re.match(r"ok |FAIL |\d+ of \d+ failed", line)]
    failed = [line for line in output.splitlines() if line.startswith("FAIL ")]
    with open(path, "a", encoding="utf-8") as f:
        f.write(f"| {name} | {'; '.join(said + failed) or 'not run'} |\n")


def main(port, pid, seconds, path=None):
    port, pid, seconds = int(port), int(pid), float(seconds)
    tenants = [Tenant(port, n) for n in range(TENANTS)]
    load(tenants, max(seconds / 4, 5))
    fds, rss = descriptors(pid), resident_kib(pid)
    load(tenants, seconds)
    fds_after, rss_after = descriptors(pid), resident_kib(pid)
    statuses = sum((t.statuses for t in tenants), collections.Counter())
    rows = [f"| load | {seconds:.0f} s, {TENANTS} tenants, {sum(statuses.values())} answers |",
            f"| answers by status | {', '.join(f'{s}: {n}' for s, n in sorted(statuses.items()))} |",
            f"| descriptors before, after | {fds}, {fds_after} |",
            f"| resident memory before, after | {rss / 1024:.1f} MiB, {rss_after / 1024:.1f} MiB |"]
    more_rows, more_wrong = slow_and_end(tenants[0], pid)
    rows += more_rows
    print("\n".join(rows))
    if path:
        record(path, rows)
    wrong = more_wrong + [s for t in tenants for s in t.surprises][:20]
    if fds_after > fds + FDS_MORE:
        wrong.append(f"{fds_after - fds} descriptors more")
    if rss_after > rss * (1 + RSS_MORE):
        wrong.append(f"{(rss_after / rss - 1) * 100:.1f} % more memory")
    print("\n".join(wrong))
    return bool(wrong)


if sys.argv[1] == "--note":
    note(*sys.argv[2:])
else:
    sys.exit(main(*sys.argv[1:]))
