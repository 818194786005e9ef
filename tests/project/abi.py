#!/usr/bin/env python3
"""A host built against the library's headers runs the same on a library whose structs have grown.

abi.py ROOT CORE_LIBRARY TEST_LIBRARY
"""
import os
import re
import shutil
import sys
import tempfile

import outside
import tree

GROWN = {"saas_field": "schema.h", "saas_route": "route.h", "saas_app_options": "app.h"}
ANSWERS = ["/hello\n", "GET /hello: 200", "POST /orders: 201", '"count":3', '"country":"FR"', '"stops[0].street"',
           "POST /orders: 400", "GET /limit: 200", "42", "GET /closed/1: 401"]


def newer(root, folder):
    """A copy of the library in which each of the structs has one more member."""
    os.makedirs(f"{folder}/tests")
    for name in ("lib", "include", "meson.build", "meson_options.txt"):
        copy = shutil.copytree if os.path.isdir(f"{root}/{name}") else shutil.copy
        copy(f"{root}/{name}", f"{folder}/{name}")
    for struct, header in GROWN.items():
        path = f"include/saas/{header}"
        text, count = re.subn(rf"(typedef struct {struct} \{{.*?)(    char end_;\n\}} {struct};)",
                              r"\1    const char *added[3];\n\2", tree.read(folder, path), flags=re.DOTALL)
        if count != 1:
            sys.exit(f"{path}: where does {struct} end?")
        with open(f"{folder}/{path}", "w", encoding="utf-8") as f:
            f.write(text)
    outside.build(folder, f"{folder}/build", "-Dtests=false", "-Dh2o=disabled")
    return f"{folder}/build/lib", f"{folder}/build/lib/test"


def sizes(root, folder):
    prints = "".join(f'printf("%zu ", sizeof({s}));' for s in GROWN)
    with open(f"{folder}/sizes.c", "w", encoding="ascii") as f:
        f.write(f"#include <saas.h>\n#include <stdio.h>\nint main(void) {{ {prints} return 0; }}\n")
    outside.run("cc", f"-I{root}/include", f"{folder}/sizes.c", "-o", f"{folder}/sizes")
    return [int(n) for n in outside.run(f"{folder}/sizes").split()]


def main(root, core, kit):
    folders = [os.path.dirname(core), os.path.dirname(kit)]
    with tempfile.TemporaryDirectory(prefix="saas-abi-") as folder:
        outside.run("cc", "-std=c11", f"-I{root}/include", f"{root}/tests/project/abi/host.c", "-o", f"{folder}/host",
                    *(f"-L{f}" for f in folders), "-lsaas-test", "-lsaas")
        own = outside.run(f"{folder}/host", env=outside.environment(LD_LIBRARY_PATH=":".join(folders)))
        absent = [a for a in ANSWERS if a not in own]
        if absent:
            sys.exit(f"{own}\nlacks {absent}")
        later = newer(root, f"{folder}/newer")
        grown = [(s, a, b) for s, a, b in zip(GROWN, sizes(root, folder), sizes(f"{folder}/newer", folder))]
        if any(a >= b for _, a, b in grown):
            sys.exit(f"did not grow: {grown}")
        on_newer = outside.run(f"{folder}/host", env=outside.environment(LD_LIBRARY_PATH=":".join(later)))
    print(", ".join(f"{s} {a} -> {b}" for s, a, b in grown), own, sep="\n")
    if own != on_newer:
        sys.exit(f"on the newer library:\n{on_newer}")


main(*sys.argv[1:])
