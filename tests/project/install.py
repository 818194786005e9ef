#!/usr/bin/env python3
"""What meson install leaves is all that a program out of tree needs, through pkg-config and meson; it also builds the
library along as a subproject.

install.py ROOT BUILD PREFIX LIBDIR
"""
import os
import sys
import tempfile

import outside
import tree


def installed(root, build, prefix, libdir, folder):
    """(top of the installed tree, its pkg-config folder)"""
    outside.run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", folder, env=outside.environment())
    top = folder + prefix
    have = {f for f in tree.files(f"{top}/include", ".h", under=("saas", ""))}
    want = {os.path.relpath(p, "include") for p in tree.files(root, ".h", under=("include",))}
    if have != want:
        sys.exit(f"headers installed: {sorted(have)}, not {sorted(want)}")
    packages = f"{top}/{libdir}/pkgconfig"
    for name in os.listdir(packages):
        move(f"{packages}/{name}", prefix, top)
    roles = outside.run("pkg-config", "--variable=roles", "libsaas", env=outside.environment(PKG_CONFIG_PATH=packages))
    if not os.path.isfile(roles.strip()):
        sys.exit(f"the roles are not where libsaas.pc says: {roles}")
    return top, packages


def move(package, prefix, top):
    """The folder stands in for a prefix that it was not built for."""
    with open(package, "r+", encoding="utf-8") as f:
        text = f.read()
        if f"prefix={prefix}\n" not in text:
            sys.exit(f"{package} has no prefix={prefix}")
        f.seek(0)
        f.write(text.replace(f"prefix={prefix}\n", f"prefix={top}\n"))


def through_pkg_config(source, folder, packages, env):
    flags = outside.run("pkg-config", "--cflags", "--libs", *packages, env=env).split()
    outside.run("cc", f"{source}/main.c", "-Wl,--no-as-needed", *flags, "-o", f"{folder}/consumer")
    print(outside.run(f"{folder}/consumer", env=env).strip(), "with", ", ".join(packages))


def through_meson(source, folder, env, *options):
    outside.build(source, folder, *options, env=env)
    outside.run("meson", "test", "-C", folder, "--no-rebuild", env=env)
    print("works with meson:", *options)


def as_subproject(root, source, folder):
    os.makedirs(f"{folder}/host/subprojects")
    for name in os.listdir(source):
        os.symlink(f"{source}/{name}", f"{folder}/host/{name}")
    os.symlink(root, f"{folder}/host/subprojects/libsaas")
    through_meson(f"{folder}/host", f"{folder}/along", outside.environment(), "--wrap-mode=forcefallback",
                  "-Dlibsaas:testkit=disabled")


def main(root, build, prefix, libdir):
    source = f"{root}/tests/project/consumer"
    with tempfile.TemporaryDirectory(prefix="saas-install-") as folder:
        top, packages = installed(root, build, prefix, libdir, f"{folder}/dest")
        env = outside.environment(PKG_CONFIG_PATH=packages, LD_LIBRARY_PATH=f"{top}/{libdir}")
        names = sorted(n.removesuffix(".pc") for n in os.listdir(packages))
        for chosen in (["libsaas"], names):
            through_pkg_config(source, folder, chosen, env)
        through_meson(source, f"{folder}/found", env, "--wrap-mode=nofallback")
        as_subproject(root, source, folder)


main(*sys.argv[1:])
