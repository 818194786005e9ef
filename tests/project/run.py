#!/usr/bin/env python3
"""./dev run as a newcomer and as a careless user: the printed calls work when pasted, checkouts run side by side, what is
wrong is told, and nothing is left running however it ends.

run.py ROOT; a checkout is a folder of links to it, so that each has a state of its own.
"""
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE_S = 60
failures = []


def check(ok, what):
    print(("ok   " if ok else "FAIL ") + what, flush=True)
    if not ok:
        failures.append(what)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


class Checkout:
    def __init__(self, root, folder):
        self.folder = folder
        os.mkdir(folder)
        for name in os.listdir(root):
            if name != ".cache":
                os.symlink(os.path.join(root, name), os.path.join(folder, name))
        told = subprocess.run(["./dev", "help"], cwd=folder, env=self.env(), capture_output=True, text=True, check=True)
        self.state = told.stdout.split()[-1].rstrip(".")

    def env(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SAAS_", "PG", "DATABASE", "MIGRATE", "JWT"))}
        return {**kept, "XDG_STATE_HOME": os.path.join(os.path.dirname(self.folder), "state"), **more}

    def start(self, port, **more):
        return Run(self, port, **more)

    def refused(self, port, **more):
        """What it says when it can't run."""
        done = subprocess.run(["./dev", "run"], cwd=self.folder, env=self.env(PORT=str(port), **more),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout + done.stderr

    def has_postgres(self):
        try:
            with open(os.path.join(self.state, "data/postmaster.pid"), encoding="ascii") as f:
                os.kill(int(f.readline()), 0)
            return True
        except (OSError, ValueError):
            return False

    def remove(self):
        shutil.rmtree(self.state, ignore_errors=True)


class Run:
    """A running ./dev run: what it printed up to the calls, and the calls."""

    def __init__(self, checkout, port, **more):
        self.port = port
        self.started = time.monotonic()
        self.process = subprocess.Popen(["./dev", "run"], cwd=checkout.folder, env=checkout.env(PORT=str(port), **more),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, start_new_session=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.text = self.up_to_calls()
        self.seconds = time.monotonic() - self.started
        self.calls = self.text.rpartition("try:\n")[2].strip()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def up_to_calls(self):
        text = ""
        while not re.search(r"try:\n\n(?:\S.*\n)+\n", text):
            line = self.lines.get(timeout=PATIENCE_S)
            if line is None:
                raise SystemExit(f"./dev run ended:\n{text}")
            text += line
        return text

    def paste(self):
        done = subprocess.run(["bash", "-e"], input=self.calls, capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False)
        return done.stdout + done.stderr

    def end(self, number):
        """Ctrl-C reaches the whole group, a SIGTERM the script only."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            os.kill(self.process.pid, number)
        return self.process.wait(PATIENCE_S)


def side_by_side(one, two):
    first, second = one.start(free_port()), two.start(free_port())
    print(f"first starts: {first.seconds:.1f} s and {second.seconds:.1f} s")
    for run in (first, second):
        said = run.paste()
        check(said.count('"success":true') == 4 and '"name":"Apollo"' in said and '"total":1' in said,
              f"the printed calls work when pasted on port {run.port}: {said[:3000] if failures else ''}")
    code, said = two.refused(first.port)
    check(code == 1 and f"port {first.port} is in use" in said, "a port in use is told")
    code, said = one.refused(free_port())
    check(code == 1 and "already" in said, "a second one in a checkout is told")
    check(answers(first.port) and answers(second.port), "neither has harmed those that run")
    return first, second


def ends_cleanly(checkout, run, number, name, codes):
    check(run.end(number) in codes, f"{name}: exit code {run.process.returncode} of {codes}")
    check(until(lambda: not answers(run.port)), f"{name}: the server is gone")
    if number != signal.SIGKILL:
        check(not checkout.has_postgres(), f"{name}: its Postgres is gone")


def comes_back(checkout):
    again = checkout.start(free_port())
    print(f"second start: {again.seconds:.1f} s")
    check(again.seconds < 10, "a second run starts in seconds")
    said = again.paste()
    check("EMAIL_TAKEN" in said and '"total":2' in said, "its data is still there")
    return again


def fails_midway(checkout):
    code, said = checkout.refused(free_port(), LOG_LEVEL="no-level", JWT_ACCESS_SECRET="short")
    check(code != 0 and "LOG_LEVEL" in said and "JWT_ACCESS_SECRET" in said, "wrong settings are told, all of them")
    check(not checkout.has_postgres(), "and leave nothing running")


def main(root):
    with tempfile.TemporaryDirectory(prefix="saas-run-") as folder:
        os.chmod(folder, 0o755)
        one, two = Checkout(root, f"{folder}/one"), Checkout(root, f"{folder}/two")
        try:
            first, second = side_by_side(one, two)
            ends_cleanly(one, first, signal.SIGINT, "Ctrl-C", [0])
            ends_cleanly(two, second, signal.SIGKILL, "kill -9", [-9])
            ends_cleanly(two, comes_back(two), signal.SIGTERM, "SIGTERM after kill -9", [0])
            ends_cleanly(one, comes_back(one), signal.SIGTERM, "SIGTERM", [0])
            fails_midway(one)
        finally:
            one.remove()
            two.remove()
    return bool(failures)


sys.exit(main(sys.argv[1]))
