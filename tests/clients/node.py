#!/usr/bin/env python3
"""Runs a test of the client side with a node that suffices: $NODE, or the one on PATH.

node.py file.test.mjs
"""
import os
import subprocess
import sys

folder = os.path.dirname(os.path.realpath(__file__))
node = os.environ.get("NODE", "node")
try:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
except (OSError, subprocess.CalledProcessError):
    sys.exit(print(f"skipped: no {node}; ./dev test brings one") or 77)
if tuple(map(int, version.strip("v\n").split(".")[:2])) < (20, 19):
    sys.exit(print(f"skipped: node {version.strip()} is older than 20.19; ./dev test brings a newer one") or 77)
if not os.path.isdir(f"{folder}/node_modules"):
    sys.exit(print("skipped: tests/clients/node_modules is not there; ./dev test brings it") or 77)
sys.exit(subprocess.run([node, "--test", "--test-reporter=spec", sys.argv[1]], cwd=folder, check=False).returncode)
