#!/usr/bin/env python3
"""Compiles the C of the guide: the ```c blocks of a page, in order, are one translation unit.

guides.py CC INCLUDE_DIR page.md …
"""
import re
import subprocess
import sys
import tempfile

FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-missing-field-initializers",
         "-Wno-gnu-zero-variadic-macro-arguments", "-Wno-unused-function", "-Wno-unused-const-variable", "-fsyntax-only"]


def unit(page):
    """The page's C with line numbers kept, so that an error points into the page."""
    lines, inside = [f'#line 1 "{page}"'], False
    with open(page, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if inside and line == "```":
                inside = False
            keep = inside
            if re.fullmatch(r"```c", line):
                inside = True
            lines.append(line if keep else "")
    return "\n".join(lines) + "\n"


def main(cc, include, *pages):
    failed = 0
    for page in pages:
        source = unit(page)
        if not source.strip().count("\n"):
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
            f.write(source)
            f.flush()
            failed += subprocess.run([*cc.split(), *FLAGS, "-I", include, f.name], check=False).returncode != 0
    sys.exit(1 if failed else 0)


main(*sys.argv[1:])
