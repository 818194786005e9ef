#!/usr/bin/env python3
"""A file in lib/ includes its own layer and lower ones, in the order of lib/meson.build.

layers.py ROOT; it also plants violations in a copy of its own and fails when they are not found.
"""
import os
import re
import sys
import tempfile

import tree

OUTSIDE = ("h2o", "test")  # libraries of their own, on public headers only
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<(saas/[^>]+)>)', re.MULTILINE)


def order(root):
    text = re.search(r"^layers = \[(.*?)\]", tree.read(root, "lib/meson.build"), re.DOTALL | re.MULTILINE)
    return re.findall(r"'(\w+)'", text[1])


def layer_of(include, here):
    """The layer an include belongs to; None for public headers that belong to no single one."""
    folder, _, name = include.partition("/")
    if not name:
        return here
    return name.removesuffix(".h") if folder == "saas" else folder


def problem(here, include, private, layers):
    there = layer_of(include, here)
    if here in OUTSIDE:
        return f"{here} sees public headers only" if private and there != here else None
    if there in OUTSIDE:
        return f"{there} is above every layer"
    if there not in layers:
        return f"{there} is no layer of lib/meson.build" if private else None
    return f"{there} is above {here}" if layers.index(there) > layers.index(here) else None


def check(root):
    layers = order(root)
    found = []
    for path in tree.files(root, ".c", ".h", under=("lib",)):
        here = path.split("/")[1]
        if here not in layers and here not in OUTSIDE:
            found.append(f"{path}: {here} is no layer of lib/meson.build")
            continue
        for private, public in INCLUDE.findall(tree.read(root, path)):
            why = problem(here, private or public, bool(private), layers)
            if why:
                found.append(f"{path}: includes {private or public}: {why}")
    return found


PLANTED = {
    "lib/base/up.c": '#include "db/pool.h"\n',
    "lib/json/public.c": "#include <saas/db.h>\n",
    "lib/db/kit.c": "#include <saas/test.h>\n",
    "lib/h2o/inside.c": '#include "http/router.h"\n',
    "lib/odd/file.c": "int x;\n",
    "lib/db/unknown.c": '#include "nowhere/x.h"\n',
}
ALLOWED = {
    "lib/db/down.c": '#include "base/buf.h"\n#include "db/pool.h"\n#include "own.h"\n#include <saas/db.h>\n',
    "lib/h2o/outside.c": "#include <saas/host.h>\n#include <h2o.h>\n#include \"h2o/own.h\"\n",
}


def self_test(root):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {**PLANTED, **ALLOWED, "lib/meson.build": tree.read(root, "lib/meson.build")}.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
                f.write(text)
        blamed = {line.split(":")[0] for line in check(folder)}
    return [f"planted in {p}, not found" for p in PLANTED.keys() - blamed] + \
           [f"blamed without reason: {p}" for p in blamed - PLANTED.keys()]


def main(root):
    found = self_test(root) + check(root)
    print("\n".join(found) or f"{len(order(root))} layers, no include points up")
    return bool(found)


sys.exit(main(sys.argv[1]))
