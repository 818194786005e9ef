#!/usr/bin/env python3
"""Each public header compiles alone, as C11 and as C++17; so do the forms of the DSL, in C tables with a C++ host.

headers.py ROOT LIBRARY_FOLDER; exit 77 when none of the compilers is there.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import tree

C = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wstrict-prototypes", "-Werror"]
CXX = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wzero-as-null-pointer-constant",
       "-Werror"]
COMPILERS = {"gcc": ("c", C), "clang": ("c", C), "g++": ("c++", CXX), "clang++": ("c++", CXX)}


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    return done.returncode == 0, done.stdout, done.stderr


def alone(root, compiler, header):
    language, flags = COMPILERS[compiler]
    return run(compiler, *flags, f"-I{root}/include", "-fsyntax-only", "-x", language, "-",
               input=f"#include <{header}>\n#include <{header}>\ntypedef int not_empty;\n")


def headers(root, compilers):
    found = []
    names = [os.path.relpath(p, "include") for p in tree.files(root, ".h", under=("include",))]
    for compiler in compilers:
        for name in names:
            ok, _, err = alone(root, compiler, name)
            if not ok:
                found.append(f"{compiler}: {name} alone\n{err}")
    print(f"{len(names)} headers, each alone, with {', '.join(compilers)}")
    return found


def host(root, libraries, cc, cxx):
    """A host in C++ linked to tables in C; its exit code is the verdict."""
    with tempfile.TemporaryDirectory() as out:
        here = os.path.join(root, "tests/project/host")
        steps = [
            [cc, *C, f"-I{root}/include", "-c", f"{here}/tables.c", "-o", f"{out}/tables.o"],
            [cxx, *CXX, f"-I{root}/include", f"{here}/host.cpp", f"{out}/tables.o", f"-L{libraries}", "-lsaas",
             f"-Wl,-rpath,{libraries}", "-o", f"{out}/host"],
            [f"{out}/host"],
        ]
        for step in steps:
            ok, text, err = run(*step)
            if not ok:
                return [f"{cc} and {cxx}: {' '.join(step)}\n{text}{err}"]
    print(f"a {cxx} host runs on {cc} tables")
    return []


def main(root, libraries):
    there = [c for c in COMPILERS if shutil.which(c)]
    if not there:
        print("neither gcc nor clang is on the path")
        return 77
    found = headers(root, there)
    for cc, cxx in [("gcc", "g++"), ("clang", "clang++"), ("gcc", "clang++"), ("clang", "g++")]:
        if cc in there and cxx in there:
            found += host(root, libraries, cc, cxx)
    print("\n".join(found))
    return bool(found)


sys.exit(main(*sys.argv[1:]))
