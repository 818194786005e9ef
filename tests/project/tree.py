"""The project's own files, and C source without comments and strings."""
import os
import re

SKIPPED = re.compile(r"^(\.git|\.cache|build.*|node_modules|__pycache__|corpus|subprojects)$")


def files(root, *endings, under=("lib", "include", "tests", "examples", "docs", ".ci", "")):
    """Paths relative to root, sorted; "" in under: the files at the top, without its folders."""
    found = []
    for folder in under:
        for here, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = [] if folder == "" else [f for f in folders if not SKIPPED.match(f)]
            found += [os.path.relpath(os.path.join(here, n), root) for n in names if n.endswith(endings or ("",))]
    return sorted(set(found))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(text):
    """C source with comments and literals blanked; lines keep their numbers."""
    return TOKENS.sub(lambda m: '""' if m[0][0] == '"' else "\n" * m[0].count("\n") or " ", text)
