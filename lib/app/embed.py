#!/usr/bin/env python3
"""Writes SQL files as a C header.

embed.py OUT NAME 0001_a.sql 0002_b.sql …   static const saas_migration NAME[], for SAAS_MIGRATIONS(NAME)
embed.py --text OUT NAME file.sql           static const char NAME[]
"""
import os
import re
import sys


def literal(path):
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") for line in lines)
    return "\n".join(f'    "{line}\\n"' for line in escaped)


def migration(path):
    found = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", os.path.basename(path))
    if not found:
        sys.exit(f"{path}: the name of a migration is 0001_what_it_does.sql")
    return int(found[1]), f'    {{{int(found[1])}, "{found[2]}",\n{literal(path)}}},'


def main(args):
    text = args[:1] == ["--text"]
    out, name, *paths = args[1:] if text else args
    if text:
        body = f"static const char {name}[] =\n{literal(paths[0])};\n"
    else:
        steps = sorted(migration(p) for p in paths)
        numbers = [n for n, _ in steps]
        if len(set(numbers)) != len(numbers):
            sys.exit(f"{name}: two migrations have one number")
        body = f"#include <saas/app.h>\n\nstatic const saas_migration {name}[] = {{\n"
        body += "\n".join(s for _, s in steps) + "\n};\n"
    with open(out, "w", encoding="utf-8") as f:
        f.write(body)


main(sys.argv[1:])
