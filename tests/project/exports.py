#!/usr/bin/env python3
"""What a shared library exports is functions only, each declared with SAAS_API in include/saas, and each declared one
is exported by one of the libraries.

exports.py ROOT LIBRARY...
"""
import re
import subprocess
import sys

import tree

DECLARED = re.compile(r"^SAAS_API\b(?P<rest>[^;{]*)", re.MULTILINE)
ATTRIBUTES = re.compile(r"\bSAAS_[A-Z_]+(\([^()]*\))?")
ELSEWHERE = {"h2o.h": "libsaas-h2o", "test.h": "libsaas-test"}


def declared(root):
    """name -> library that owes it."""
    found = {}
    for path in tree.files(root, ".h", under=("include",)):
        library = ELSEWHERE.get(path.split("/")[-1], "libsaas")
        for m in DECLARED.finditer(tree.code(tree.read(root, path))):
            name = re.search(r"(\w+)\s*\(", ATTRIBUTES.sub("", m["rest"]))
            found[name[1] if name else f"{path}: {m[0]}"] = library
    return found


def exported(library):
    """(name, nm's type letter) of every symbol others can see."""
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [(line.split()[-1].split("@")[0], line.split()[-2]) for line in lines]


def check(root, libraries):
    owed, found, seen = declared(root), [], 0
    for path in libraries:
        library = re.match(r".*?(libsaas[\w-]*)\.so", path)[1]
        names = dict(exported(path))
        seen += len(names)
        for name, kind in names.items():
            if kind != "T":
                found.append(f"{library} exports data: {kind} {name}")
            elif owed.get(name) != library:
                found.append(f"{library} exports {name}, which no public header of it declares with SAAS_API")
        found += [f"{name} is declared and not exported by {library}"
                  for name, owner in owed.items() if owner == library and name not in names]
    if not seen:
        found.append("no symbols at all: are these the libraries?")
    print(f"{len(owed)} functions declared, {seen} exported")
    return found


def main(root, *libraries):
    found = check(root, libraries)
    print("\n".join(found))
    return bool(found)


sys.exit(main(*sys.argv[1:]))
