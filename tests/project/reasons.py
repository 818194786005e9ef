#!/usr/bin/env python3
"""Every place that leaves the tenant gives its reason as a constant, and the library needs no system scope.

reasons.py ROOT; prints the places.
"""
import re
import sys

import tree

CALL = re.compile(r"\b(saas_(?:outside_query|system_query|set_org))\(\s*c,\s*([^;]*?)\)?;", re.DOTALL)
WHY = {"saas_outside_query": 1, "saas_system_query": 1, "saas_set_org": 1}  # which argument, after c


def calls(text):
    for found in CALL.finditer(text):
        arguments = [a.strip() for a in found[2].split(",")]
        yield text.count("\n", 0, found.start()) + 1, found[1], arguments[WHY[found[1]]]


def main(root):
    wrong, places = [], 0
    for path in tree.files(root, ".c"):
        if not path.startswith(("lib/", "examples/")) or path == "lib/http/outside.c":
            continue
        for line, call, why in calls(tree.read(root, path)):
            places += 1
            print(f"{path}:{line}: {call}: {why}")
            if not re.fullmatch(r'"[^"]+"\)?|event', why):
                wrong.append(f"{path}:{line}: {call} gives no constant for a reason: {why}")
            if call == "saas_system_query" and path.startswith("lib/"):
                wrong.append(f"{path}:{line}: the library does without the system scope")
    if places < 10:
        wrong.append(f"only {places} places were found: the pattern has gone stale")
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main(sys.argv[1]))
