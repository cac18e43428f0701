"""A node whose programs are of another Debian release than this machine's: they run in that one's root (fresh.py), with its
libraries, in the network namespace and with the files of the node.

    this machine's root                    the other release's
    WORKSPACE/branch/...    == bind ==>    WORKSPACE/branch/...
    tests/tools/holder      == bind ==>    tests/tools/holder
                                           /opt/funnel/funnel-authd/funnel-authd ...
"""
import os

from . import fresh
from .image import TOP
from .node import Node
from .tunnel import Tunnel

PROGRAMS = "/opt/funnel"
NAMES = ("funnel-authd", "funnel-sctpd", "funnel-udpd", "funnel-tcpd", "funnelctl")
INSTALL = f'for name in {" ".join(NAMES)}; do install -D "build/$name/$name" "{PROGRAMS}/$name/$name"; done'

# As fresh.ENTER, but for a program that runs among others: it sees processes, and paths in its arguments are those outside.
ENTER = """
cd "$0"
for folder in dev proc sys; do mount --rbind /$folder $folder; done
while [ "$1" != -- ]; do mkdir -p "./$1"; mount --bind "$1" "./$1"; shift; done
shift
pivot_root . mnt
cd /
umount -l /mnt
exec "$@"
"""


def build(machine, *targets):
    """Installs what a build takes into MACHINE, a fresh.Machine, and makes this tree's programs and TARGETS there."""
    machine.check_out()
    machine.run("tests/tools/install-packages", "build", "run", timeout=1500)
    programs = [f"{name}/{name}" for name in NAMES]
    said = machine.run("/usr/bin/python3", "-B", "tests/tools/build.py", "build", *fresh.OPTIONS[machine.suite].split(), "--targets",
                       *programs, *targets, network=False, timeout=3000).stdout
    machine.run("sh", "-ec", INSTALL)
    return said


class NodeOfOtherRelease(Node):
    """`machine` is where `build` has been."""

    def __init__(self, workspace, network, realm, tools, letter, machine):
        binds = [workspace.path, os.path.join(TOP, "tests", "tools")]
        self._inside = ["unshare", "--mount", "--", "sh", "-ec", ENTER, machine.root, *binds, "--"]
        super().__init__(workspace, network, realm, PROGRAMS, letter)
        self.tools = tools

    def _add(self, name, *arguments, **options):
        super()._add(name, *arguments, **options)
        self.daemons[name].prefix = self._inside

    def funnelctl(self, *arguments, check=True):
        check = check and arguments[0] != "status"
        return self.network.run(self.letter, *self._inside, self.path("funnelctl"), *self.common_options, *arguments, check=check)


class TunnelOfReleases(Tunnel):
    """`machines`: that of each node which is not of this machine's release, by letter."""

    def __init__(self, build_folder, services, machines, **options):
        self._machines = machines
        super().__init__(build_folder, services, **options)

    def _make_node(self, letter):
        if letter not in self._machines:
            return super()._make_node(letter)
        tools = os.path.join(self.build, "tests", "tools")
        return NodeOfOtherRelease(self.workspace, self.network, self.realm, tools, letter, self._machines[letter])
