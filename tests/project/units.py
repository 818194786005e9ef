#!/usr/bin/env python3
"""systemd finds nothing wrong with the MVP's units, and little that they need not have.

units.py ROOT; exit 77 when systemd-analyze is missing.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

EXPOSURE = 20  # tenths, of at most 100


def analyze(folder, *arguments):
    done = subprocess.run(["systemd-analyze", *arguments], env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
                          capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def copied(root, folder):
    """With a program that exists here, and an instance of each template."""
    paths = []
    for path in sorted(glob.glob(f"{root}/examples/mvp/deploy/*.s*")):
        name = os.path.basename(path)
        for to in (name, name.replace("@.", "@1.")):
            with open(path, encoding="utf-8") as f, open(os.path.join(folder, to), "w", encoding="utf-8") as g:
                g.write(f.read().replace("/usr/local/bin/mvp", "/bin/true"))
        paths.append(os.path.join(folder, name.replace("@.", "@1.")))
    return paths


def main(root):
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is missing")
        return 77
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        paths = copied(root, folder)
        code, said = analyze(folder, "verify", *paths)
        if code or said:
            wrong.append(f"verify: {said}")
        for path in paths:
            if path.endswith(".service"):
                code, said = analyze(folder, "security", "--offline=true", f"--threshold={EXPOSURE}", path)
                print(said.splitlines()[-1])
                if code:
                    wrong.append(said)
    print("\n".join(wrong))
    return bool(wrong) or len(paths) != 3


sys.exit(main(sys.argv[1]))
