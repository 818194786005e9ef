"""Building outside the build tree: quick builds in a throw-away folder, told from start to failure."""
import os
import subprocess
import sys

QUICK = ["-Doptimization=0", "-Ddebug=false", "-Db_ndebug=false"]


def run(*command, **more):
    """The output of a command that must succeed; else its end is printed and the test fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode:
        print(f"$ {' '.join(command)}\n{done.stdout[-4000:]}exit code {done.returncode}")
        sys.exit(1)
    return done.stdout


def environment(**more):
    """Without what the surrounding meson tells its children: above all not where its own libraries are."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MESON", "MAKE", "NINJA", "LD_LIBRARY"))}
    return {**kept, **more}


def build(source, folder, *options, env=None):
    run("meson", "setup", source, folder, *QUICK, *options, env=env or environment())
    run("ninja", "-C", folder, env=env or environment())
