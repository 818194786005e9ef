#!/usr/bin/env python3
"""Sizes of files and functions, calls a guest in someone's process may not make, unfinished work, paths of one machine.

source.py ROOT
"""
import re
import statistics
import sys

import tree

FILE_LINES, FUNCTION_LINES = 600, 70
SCREENS = {"examples/hello/main.c": 60}  # a whole service
SOURCES = (".c", ".h", ".cpp", ".py", ".sh", ".sql", ".mjs", "dev", ".ci/run", "meson.build")

# What it is, and the folders of lib/ that are a host's and may.
FORBIDDEN = {
    r"exit|abort|quick_exit|atexit|at_quick_exit|setlocale|uselocale": (),
    r"strcpy|strcat|sprintf|vsprintf|gets|strtok|system|popen": (),
    r"cJSON_InitHooks": (),
    r"signal|sigaction|sigprocmask|pthread_sigmask|setrlimit": ("h2o",),
    r"setenv|putenv|unsetenv|srand|rand|random|umask": (),
    r"fork|vfork|chdir|setuid|setgid|setsid": ("test",),
}
UNFINISHED = re.compile("|".join([r"\bTO" + "DO\b", r"\bFIX" + "ME\b", r"\bXX" + r"X\b", r"not imple" + "mented"]))
MACHINE = re.compile(r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot)/")


def functions(text):
    """(first line, lines) of each function: in this style the brace of one stands in column 0."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def too_long(root):
    found, file_lines, function_lines = [], [], []
    for path in tree.files(root, *SOURCES):
        text = tree.read(root, path)
        lines = text.count("\n")
        limit = SCREENS.get(path, FILE_LINES)
        if lines > limit:
            found.append(f"{path}: {lines} lines, more than {limit}")
        if path.startswith("lib/") and path.endswith(".c"):
            sizes = list(functions(text))
            file_lines.append(lines)
            function_lines += [n for _, n in sizes]
            found += [f"{path}:{at}: a function of {n} lines, more than {FUNCTION_LINES}"
                      for at, n in sizes if n > FUNCTION_LINES]
    print(f"lib: {len(file_lines)} files of {statistics.median(file_lines):.0f} lines at the median, "
          f"{len(function_lines)} functions of {statistics.median(function_lines):.0f}")
    return found


def forbidden(root):
    found = []
    for path in tree.files(root, ".c", ".h", under=("lib",)):
        text = tree.code(tree.read(root, path))
        for calls, folders in FORBIDDEN.items():
            if path.split("/")[1] in folders:
                continue
            for m in re.finditer(rf"(?<![\w.>])({calls})[ \t]*\(", text):
                found.append(f"{path}:{text.count(chr(10), 0, m.start()) + 1}: calls {m[1]}()")
    return found


def marks(root):
    found = []
    for path in tree.files(root, *SOURCES, ".md", ".json", ".map", ".txt"):
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            m = UNFINISHED.search(line) or MACHINE.search(line)
            if m:
                found.append(f"{path}:{number}: {m[0]}")
    return found


def downloads(root):
    """A lock file that names where it was downloaded works there only."""
    return [f"{path}: names download addresses" for path in tree.files(root, "package-lock.json")
            if '"resolved"' in tree.read(root, path)]


def main(root):
    found = too_long(root) + forbidden(root) + marks(root) + downloads(root)
    print("\n".join(found))
    return bool(found)


sys.exit(main(sys.argv[1]))
