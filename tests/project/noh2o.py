#!/usr/bin/env python3
"""Everything but lib/h2o builds, and its tests pass, where there is no libh2o.

noh2o.py ROOT
"""
import os
import sys
import tempfile

import outside

HIDING = '#!/bin/sh\ncase "$*" in *h2o*) exit 1 ;; esac\nexec pkg-config "$@"\n'


def main(root):
    with tempfile.TemporaryDirectory(prefix="saas-noh2o-") as folder:
        hiding = f"{folder}/pkg-config"
        with open(hiding, "w", encoding="ascii") as f:
            f.write(HIDING)
        os.chmod(hiding, 0o755)
        env = outside.environment(PKG_CONFIG=hiding)
        outside.build(root, f"{folder}/build", env=env)
        if os.path.exists(f"{folder}/build/lib/h2o"):
            sys.exit("libh2o was not hidden")
        said = outside.run("meson", "test", "-C", f"{folder}/build", "--no-rebuild", "--no-suite", "slow", "--no-suite",
                           "project", "--print-errorlogs", env=env)
        print(said[said.index("\nOk:"):said.index("\nFull log")].strip())


main(sys.argv[1])
