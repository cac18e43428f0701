"""funnel_*.deb, made of this tree as a packager makes it, and copies of it under other version numbers."""
import glob
import os
import re
import shutil

import build

from .base import LabError, run
from .image import TOP

BUILD_TIMEOUT = 1800
LEFT_OUT = shutil.ignore_patterns("build", "build-*", ".git", "__pycache__", ".pytest_cache")
# The compiler's arguments are made those of the ordinary build, so that ccache has most objects already.
AS_THE_ORDINARY_BUILD = {**build.SHARE_OBJECTS, "DEB_CXXFLAGS_SET": "", "DEB_CPPFLAGS_SET": "",
                         "MESON_OPTIONS": "--buildtype=debugoptimized -Dwerror=true",
                         "DEB_BUILD_OPTIONS": "nocheck noautodbgsym"}


def package_in(folder):
    """The path of the .deb in `folder`; makes it of a copy of the tree when it is not there yet."""
    source = os.path.join(folder, "funnel")
    if not _packages(folder):
        shutil.copytree(TOP, source, symlinks=True, ignore=LEFT_OUT)
        # debhelper gives the compiler a home of its own.
        cache = run(["ccache", "--get-config", "cache_dir"]).stdout.strip()
        done = run(["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=source, timeout=BUILD_TIMEOUT,
                   env={**os.environ, **AS_THE_ORDINARY_BUILD, "CCACHE_DIR": cache})
        shutil.rmtree(source)
        if not _packages(folder):
            raise LabError(f"dpkg-buildpackage made no package\n{done.stdout}")
    return _packages(folder)[0]


def _packages(folder):
    return glob.glob(os.path.join(folder, "funnel_*.deb"))


def with_version(package, version, folder):
    """The same package under another version number, in `folder`."""
    unpacked = os.path.join(folder, "unpacked")
    run(["dpkg-deb", "--raw-extract", package, unpacked])
    control = os.path.join(unpacked, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^Version: .*$", f"Version: {version}", text))
    made = os.path.join(folder, f"funnel_{version}_test.deb")
    run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", unpacked, made])
    shutil.rmtree(unpacked)
    return made
