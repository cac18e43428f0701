"""funnel_*.deb, made of this tree as a packager makes it, and copies of it under other version numbers."""
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


def build_package(folder):
    """Copies the tree into `folder`, and returns the path of the .deb."""
    source = os.path.join(folder, "funnel")
    shutil.copytree(TOP, source, symlinks=True, ignore=LEFT_OUT)
    # debhelper gives the compiler a home of its own.
    cache = run(["ccache", "--get-config", "cache_dir"]).stdout.strip()
    done = run(["dpkg-buildpackage", "-us", "-uc", "-b"], cwd=source, timeout=BUILD_TIMEOUT,
               env={**os.environ, **AS_THE_ORDINARY_BUILD, "CCACHE_DIR": cache})
    made = [name for name in os.listdir(folder) if re.fullmatch(r"funnel_[^_]+_[^_]+\.deb", name)]
    if len(made) != 1:
        raise LabError(f"dpkg-buildpackage made {made}\n{done.stdout}")
    shutil.rmtree(source)
    return os.path.join(folder, made[0])


def with_version(package, version):
    """The same package under another version number, beside it."""
    folder = package + ".unpacked"
    run(["dpkg-deb", "--raw-extract", package, folder])
    control = os.path.join(folder, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    with open(control, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^Version: .*$", f"Version: {version}", text))
    made = os.path.join(os.path.dirname(package), f"funnel_{version}_test.deb")
    run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", folder, made])
    shutil.rmtree(folder)
    return made
