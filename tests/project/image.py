#!/usr/bin/env python3
"""The MVP's Dockerfile step by step in clean Debian roots, without Docker; then what it makes serves.

image.py ROOT FOLDER [BASE]: FOLDER must be empty. BASE: a Debian root of another time, made here if it isn't there.
Reads just the instructions that the file has. As root, with mmdebstrap; exit 77 without.
"""
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

DOCKERFILE = "examples/mvp/deploy/Dockerfile"
SUITES = {"debian:12-slim": "bookworm"}
PATIENCE_S = 30
failures = []


def check(ok, what):
    print(("ok   " if ok else "FAIL ") + what, flush=True)
    if not ok:
        failures.append(what)


def sh(*command, **more):
    return subprocess.run(command, check=True, **more)


# ---- the file ----

def instructions(path):
    """(name, rest) of each, continued lines joined."""
    with open(path, encoding="utf-8") as f:
        lines = [line for line in f.read().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        yield name, rest.strip()


class Stage:
    """A root in the making, and what the file says of it."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        self.env, self.user, self.dir, self.said = {}, "0:0", "/", {}

    def command(self, *command, user=None, readonly=False):
        """What runs command inside, in namespaces of its own but for the network."""
        uid, gid = (user or self.user).split(":")
        mounts = ["mount -t proc proc proc", "mount --rbind /dev dev", "mount -t tmpfs none tmp"]
        if readonly:
            mounts = ["mount --bind . . && cd $PWD", *mounts, "mount -o remount,bind,ro ."]
        inside = " && ".join(mounts) + ' && exec chroot . "$@"'
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
               **self.env}
        return (["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGTERM", "sh", "-c", inside, "sh", "setpriv",
                 f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *([] if uid == "0" else ["--no-new-privs"]), "env", "-i", "-C", self.dir,
                 *[f"{k}={v}" for k, v in env.items()], *command], {"cwd": self.folder})

    def run(self, line):
        command, more = self.command("/bin/sh", "-c", line)
        sh(*command, **more, stdin=subprocess.DEVNULL, stdout=sys.stderr)

    def copy(self, words, stages):
        where = self.root
        if words[0].startswith("--from="):
            where = stages[words.pop(0)[7:]].folder
        to = os.path.join(self.folder, os.path.join(self.dir, words[-1]).lstrip("/"))
        for word in words[:-1]:
            source = os.path.join(where, word.lstrip("/"))
            if os.path.isdir(source):
                shutil.copytree(source, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
            else:
                os.makedirs(to if words[-1].endswith("/") else os.path.dirname(to), exist_ok=True)
                shutil.copy2(source, to)

    def do(self, name, rest, stages):
        if name == "RUN":
            self.run(rest)
        elif name == "COPY":
            self.copy(rest.split(), stages)
        elif name == "ENV":
            self.env.update([rest.split("=", 1)])
        elif name == "USER":
            self.user = rest
        elif name == "WORKDIR":
            self.dir = rest
            os.makedirs(self.folder + rest, exist_ok=True)
        elif name in ("EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"):
            self.said[name] = rest
        else:
            raise SystemExit(f"{DOCKERFILE}: {name} is not known here")


def debian(suite, base):
    if not os.path.exists(base):
        slim = [f"--dpkgopt=path-exclude=/usr/share/{what}/*" for what in ("doc", "man", "info", "locale")]
        sh("mmdebstrap", "--quiet", "--variant=minbase", *slim, suite, base, stdout=sys.stderr)


def build(root, folder, base):
    """The last stage."""
    stages, stage = {}, None
    for name, rest in instructions(os.path.join(root, DOCKERFILE)):
        if name != "FROM":
            stage.do(name, rest, stages)
            continue
        image, _, alias = rest.partition(" AS ")
        debian(SUITES[image], base)
        stage = stages[alias or "last"] = Stage(root, f"{folder}/{alias or 'last'}")
        sh("cp", "-a", "--reflink=auto", base, stage.folder)
        shutil.copy("/etc/resolv.conf", f"{stage.folder}/etc/resolv.conf")
    return stage


# ---- a database as a managed one is: reached by TCP, with passwords; its administrator is no superuser ----

class Database:
    def __init__(self, root, folder, port):
        self.folder, self.port = folder, port
        self.programs = sorted(p for p in os.listdir("/usr/lib/postgresql"))[-1]
        self.passwords = {name: secrets.token_urlsafe(24) for name in ("saas_owner", "saas_app")}
        os.mkdir(folder, 0o700)
        shutil.chown(folder, "postgres", "postgres")
        self.as_postgres("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
        with open(f"{folder}/data/pg_hba.conf", "w", encoding="utf-8") as f:
            f.write("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        self.as_postgres("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o",
                         f"-k {folder} -c listen_addresses=127.0.0.1 -p {port} -c fsync=off", "start")
        self.sql("create role administrator login createrole createdb", "postgres")
        with open(os.path.join(root, "lib/app/sql/roles.sql"), encoding="utf-8") as f:
            self.sql(f.read())
        self.sql("grant saas_owner to administrator")
        self.sql("create database saas owner saas_owner")
        self.sql("".join(f"alter role {name} password '{word}';" for name, word in self.passwords.items()))

    def as_postgres(self, program, *arguments, **more):
        sh("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "-i", "PATH=/usr/bin:/bin",
           f"/usr/lib/postgresql/{self.programs}/bin/{program}", *arguments, cwd="/", stdout=subprocess.DEVNULL, **more)

    def sql(self, text, role="administrator"):
        self.as_postgres("psql", "-h", self.folder, "-p", str(self.port), "-U", role, "-d", "postgres", "-X", "-q", "-v",
                         "ON_ERROR_STOP=1", input=text.encode())

    def url(self, name):
        return f"postgresql://{name}:{self.passwords[name]}@127.0.0.1:{self.port}/saas"

    def stop(self):
        self.as_postgres("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")


# ---- what came of it ----

class Container:
    """The last stage as its last instructions say, on a root that can't be written to."""

    def __init__(self, stage, port, database):
        self.stage, self.port = stage, port
        stage.env["PORT"] = str(port)
        stage.env["APP_URL"] = f"http://127.0.0.1:{port}"
        values = {"DATABASE_URL": database.url("saas_app"), "JWT_ACCESS_SECRET": secrets.token_urlsafe(32),
                  "JWT_REFRESH_SECRET": secrets.token_urlsafe(32), "MIGRATE_DATABASE_URL": database.url("saas_owner")}
        os.makedirs(f"{stage.folder}/run/secrets", exist_ok=True)
        uid, gid = map(int, stage.user.split(":"))
        for name, value in values.items():
            path = f"/run/secrets/{name.lower()}"
            with open(stage.folder + path, "w", opener=lambda p, f: os.open(p, f, 0o400), encoding="utf-8") as f:
                f.write(value + "\n")
            os.chown(stage.folder + path, uid, gid)
            stage.env[name + "_FILE"] = path
        self.canaries = [v for name, v in values.items() if "JWT" in name] + list(database.passwords.values())

    def run(self, *verb):
        command, more = self.stage.command(*json.loads(self.stage.said["ENTRYPOINT"]), *verb, readonly=True)
        return subprocess.run(command, **more, capture_output=True, text=True, timeout=60, check=False)

    def start(self):
        verb = json.loads(self.stage.said["CMD"])
        command, more = self.stage.command(*json.loads(self.stage.said["ENTRYPOINT"]), *verb, readonly=True)
        self.process = subprocess.Popen(command, **more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def inner(self):
        """The program's own process id, out here."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            return int(f.read().split()[0])

    def healthy(self):
        words = self.stage.said["HEALTHCHECK"].partition("CMD ")[2]
        command, more = self.stage.command(*json.loads(words))
        return subprocess.run(command, **more, capture_output=True, timeout=10, check=False).returncode == 0

    def call(self, path, body=None, token=None):
        headers = {"content-type": "application/json"} if body else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode() if body else None,
                                       headers)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, json.load(answer)["data"]
        except urllib.error.HTTPError as e:
            return e.code, None
        except OSError:
            return 0, None

    def ready(self):
        end = time.monotonic() + PATIENCE_S
        while self.call("/ready")[0] != 200 and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.1)
        return self.call("/ready")[0] == 200


def serves(c):
    status, data = c.call("/v1/auth/signup", {"orgName": "Acme", "email": "ada@example.com", "password": "correct horse battery"})
    check(status == 201, f"an organization signs up: {status}")
    token = data and data["accessToken"]
    check(c.call("/v1/projects", {"name": "Apollo"}, token)[0] == 201, "it makes a project")
    status, data = c.call("/v1/projects", token=token)
    check(status == 200 and len(data) == 1, "and reads it")
    check(c.call("/v1/projects")[0] == 401, "nobody else does")


def confined(c):
    with open(f"/proc/{c.inner()}/status", encoding="ascii") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    uid = c.stage.user.split(":")[0]
    check(set(status["Uid"].split()) == {uid} and uid != "0", f"it runs as user {status['Uid'].split()[0]}")
    check(status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) == 0, "without capabilities")


def ends(c):
    begun = time.monotonic()
    os.kill(c.inner(), signal.SIGTERM)
    text = c.process.communicate(timeout=20)[0]
    check(c.process.returncode == 0, f"SIGTERM ends it: {c.process.returncode} after {time.monotonic() - begun:.1f} s")
    lines = text.splitlines()
    check(lines and all(isinstance(parsed(line), dict) for line in lines), f"its log is JSON, a line each: {len(lines)}")
    check(not any(word in text for word in c.canaries), "and holds no secret")


def parsed(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


def size_mib(folder):
    return int(sh("du", "-sxm", folder, capture_output=True, text=True).stdout.split()[0])


def try_out(stage, base, database, port):
    c = Container(stage, port, database)
    done = c.run("migrate")
    check(done.returncode == 0, f"it migrates: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    done = c.run("check")
    check(done.returncode == 0, f"isolation is proven: {done.stdout[-500:]}{done.stderr[-2000:]}".strip())
    check(not c.healthy(), "the health check sees that nothing runs")
    c.start()
    try:
        check(c.ready(), "it is ready")
        check(c.healthy(), "the health check sees that it runs")
        serves(c)
        confined(c)
        ends(c)
    finally:
        c.process.kill()
    added = size_mib(stage.folder) - size_mib(base)
    print(f"     {size_mib(stage.folder)} MiB, {added} more than a bare Debian; the program alone "
          f"{os.path.getsize(stage.folder + '/usr/local/bin/mvp') / 1048576:.1f}")
    check(added < 60, "the image is small")


def free_port():
    return int(sh(sys.executable, "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
                  capture_output=True, text=True).stdout)


def main(root, folder, base=None):
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        print("as root, and with mmdebstrap")
        return 77
    base = base or f"{folder}/base"
    begun = time.monotonic()
    stage = build(os.path.abspath(root), os.path.abspath(folder), base)
    print(f"     built in {time.monotonic() - begun:.0f} s")
    database = Database(root, f"{folder}/database", free_port())
    try:
        try_out(stage, base, database, free_port())
    finally:
        database.stop()
    return bool(failures)


sys.exit(main(*sys.argv[1:]))
