"""The version before this one, as other nodes still run it: its package, made out of the history once and kept, and tunnels
some of whose nodes run it.
"""
import dataclasses
import glob
import os
import shutil

from . import fresh, package as packaging
from .base import run
from .chain import Chain
from .image import TOP
from .node import Node
from .tunnel import Tunnel

VERSION, COMMIT = "0.1.0", "7744a1d"
# In 0.1.0 the library decides what it uses; it does not have to be quick.
OPTIONS = {**packaging.AS_THE_ORDINARY_BUILD, "DEB_CXXFLAGS_SET": "-include cstdint -include algorithm",
           "MESON_OPTIONS": "-Doptimization=0 -Ddebug=false"}
SOURCE = "/root/before/funnel"


def missing():
    """Why it cannot be had; empty when it can."""
    if run(["git", "-C", TOP, "cat-file", "-e", COMMIT + "^{commit}"], check=False).returncode == 0:
        return ""
    return f"the history of this checkout does not go back to version {VERSION}, commit {COMMIT}"


def kept_package(suite):
    """Where it is once it was made."""
    return os.path.join(fresh.cache("before-" + suite), f"funnel_{COMMIT}.deb")


def package(builder):
    """The path of its .deb for BUILDER's release. If there is none, BUILDER, a machine with what is needed to build, makes it."""
    kept = kept_package(builder.suite)
    if not os.path.exists(kept):
        builder.check_out(COMMIT, SOURCE)
        # Not the same as today's.
        builder.apt("build-dep", SOURCE)
        shutil.copy(builder.build_package(SOURCE, OPTIONS), kept + ".new")
        os.rename(kept + ".new", kept)
    return kept


def unpack(package_path, folder):
    """Its programs in FOLDER, placed as a build has them."""
    run(["dpkg-deb", "--extract", package_path, os.path.join(folder, "package")])
    for path in glob.glob(os.path.join(folder, "package/usr/*bin/funnel*")):
        name = os.path.basename(path)
        os.makedirs(os.path.join(folder, name))
        os.symlink(path, os.path.join(folder, name, name))
    return folder


class NodeBefore(Node):
    """`build` holds the programs of the version before."""

    engine = "userland"  # libusrsctp: the only one besides the kernel's

    def _own_options(self, program):
        """It knows of no modules."""
        return []

    def _control_sockets(self, name, daemon):
        """It answers administrators on the socket of its edges."""
        return [self._socket(name, f"{daemon}.sock", "0666", 0)]


def old_node(tunnel, before, letter):
    """One that runs the programs in `before`, under this tree's load."""
    node = NodeBefore(tunnel.workspace, tunnel.network, tunnel.realm, before, letter)
    node.tools = os.path.join(tunnel.build, "tests", "tools")
    return node


class MixedChain(Chain):
    """The nodes of the letters `old` run the programs in `before`."""

    def __init__(self, build, services, before, old, **options):
        self.before, self.old = before, old
        super().__init__(build, services, **options)

    def _make_node(self, letter):
        return old_node(self, self.before, letter) if letter in self.old else super()._make_node(letter)


class MixedTunnel(Tunnel):
    """The node `old` runs the programs in `before`, the other one those of this tree; the load at both ends is this tree's.
    `at_b` says of which protocol services are there that a takes for another's."""

    def __init__(self, build, services, before, old, at_b, **options):
        self.before = before
        self.old = old
        self._at_b = at_b
        super().__init__(build, services, **options)

    def _make_node(self, letter):
        if letter != self.old:
            return super()._make_node(letter)
        node = old_node(self, self.before, letter)
        node.settings = {section: dict(keys) for section, keys in self.settings.items()}
        return node

    def services_of(self, node):
        if node is not self.b:
            return self.services
        return [dataclasses.replace(service, protocol=self._at_b.get(service.name, service.protocol)) for service in self.services]
