"""A machine of its own with systemd as PID 1: systemd-nspawn on a copy-on-write view of the image (image.py), in one
of the lab's network namespaces, so that what the lab runs in that namespace shares the guest's ports and loopback.

Mounts that are made here go with the mount namespace that run-tests gives all tests; the caller must have one.
"""
import os
import secrets
import signal
import subprocess

from .base import Child, LabError, run, tail, wait_until, write_file
from .image import image, missing_parts

BOOT_DEADLINE = 60
# A test's commands run next to PID 1, in its control group: the kernel kills them with the guest.
ENTER = 'echo 0 > "$0" && exec nsenter --target "$1" --mount --pid --ipc --uts --net --cgroup --wdns=/ -- "${@:2}"'


def missing():
    """Why this machine can run no guest; empty when it can."""
    return missing_parts(("systemd-nspawn", "mmdebstrap"), ("cgroup2", "overlay", "tmpfs"))


class Guest:
    """`letter` names the network namespace. Files under `root` are the guest's, before it starts and while it runs."""

    def __init__(self, workspace, network, letter, hostname):
        self.network = network
        self.letter = letter
        self.hostname = hostname
        self.folder = workspace.folder(f"guest-{letter}")
        self.root = os.path.join(self.folder, "root")
        self.console = os.path.join(self.folder, "console")
        self.child = None
        self.pid = None  # of the guest's PID 1, as we see it
        self._cgroup = None
        self._lay_over(image())
        self.write("/etc/hostname", hostname + "\n")
        self.write("/etc/machine-id", secrets.token_hex(16) + "\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {hostname}\n")

    def _lay_over(self, lower):
        layer = os.path.join(self.folder, "layer")
        for path in (layer, self.root):
            os.makedirs(path)
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "funnel-lab", layer])
        for name in ("upper", "work"):
            os.mkdir(os.path.join(layer, name))
        run(["mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={layer}/upper,workdir={layer}/work",
             "funnel-lab", self.root])

    # Its life

    def start(self):
        """Until systemd says that all that is enabled has started."""
        self._make_cgroup()
        # nspawn wants a /run that is no disk, and keeps its locks there.
        command = ["unshare", "--mount", "--", "sh", "-ec",
                   'echo 0 > "$0/cgroup.procs"; mount -t tmpfs -o mode=755 tmpfs /run; exec "$@"', self._cgroup,
                   "systemd-nspawn", "--quiet", f"--directory={self.root}", f"--machine={self.hostname.partition('.')[0]}",
                   f"--hostname={self.hostname}", "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off",
                   "--link-journal=no", "--console=read-only", "--capability=CAP_NET_ADMIN",
                   f"--network-namespace-path={self.network.path(self.letter)}", "--boot"]
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self.child = Child(f"guest {self.letter}", command, self.console, env=environment)
        try:
            wait_until(self._booted, f"guest {self.letter} has started", BOOT_DEADLINE, 0.05, self._describe_start)
            write_file(os.path.join(self.folder, "pid"), f"{self.pid}\n")
        except BaseException:
            self.stop()
            raise
        return self

    def _make_cgroup(self):
        """A control group of its own for each guest, in a view of the hierarchy that only we see."""
        tree = os.path.join(self.folder, "cgroup")
        if self._cgroup is None:
            os.makedirs(tree)
            run(["mount", "-t", "cgroup2", "none", tree])
            self._cgroup = os.path.join(tree, f"funnel-lab-{self.letter}-{secrets.token_hex(4)}")
        os.mkdir(self._cgroup)

    def _booted(self):
        self.child.require_running()
        self.pid = self._find_pid1()
        if not self.pid:
            return False
        done = self.run("systemctl", "is-system-running", check=False)
        return done.stdout.strip() in ("running", "degraded")

    def _find_pid1(self):
        """nspawn's child, once it has a process namespace of its own and has become systemd."""
        try:
            with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children", encoding="utf-8") as listed:
                for pid in listed.read().split():
                    with open(f"/proc/{pid}/comm", encoding="utf-8") as name:
                        if name.read() == "systemd\n":
                            return int(pid)
        except OSError:
            pass
        return None

    def _describe_start(self):
        jobs = self.run("systemctl", "list-jobs", "--no-pager", check=False).stdout if self.pid else ""
        return f"{jobs}\n{tail(self.console)}"

    def stop(self):
        """At once, as if the power had failed; what it wrote stays until the lab's end."""
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.pid = None
        if self.child:
            self.child.stop(number=signal.SIGTERM)
            self.child = None
        if self._cgroup and os.path.isdir(self._cgroup):
            wait_until(self._remove_cgroup, f"the processes of guest {self.letter} are gone")

    def _remove_cgroup(self):
        try:
            for path, _, _ in os.walk(self._cgroup, topdown=False):
                os.rmdir(path)
            return True
        except OSError:
            return False

    def remove(self):
        self.stop()
        for name in ("root", "layer", "cgroup"):
            path = os.path.join(self.folder, name)
            if os.path.ismount(path):
                run(["umount", "--lazy", path])

    # What runs in it

    def inside(self, *command):
        """The command line that runs `command` in the guest as root."""
        if not self.pid:
            raise LabError(f"guest {self.letter} does not run")
        return ["bash", "-c", ENTER, self.cgroup_file("/init.scope"), str(self.pid), *[str(part) for part in command]]

    def cgroup_file(self, group):
        """Where a process joins a control group, named as the guest's systemd names it."""
        return f"{self._cgroup}/payload{group}/cgroup.procs"

    def run(self, *command, **options):
        return run(self.inside(*command), env=self._environment(), **options)

    def shell(self, script, **options):
        return self.run("sh", "-ec", script, **options)

    def popen(self, *command, **options):
        return subprocess.Popen(self.inside(*command), env=self._environment(), **options)

    @staticmethod
    def _environment():
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root",
                "DEBIAN_FRONTEND": "noninteractive"}

    def systemctl(self, *arguments, **options):
        return self.run("systemctl", "--no-pager", *arguments, **options)

    def show(self, unit, *names):
        """Properties of a unit: {name: value}."""
        out = self.systemctl("show", unit, "--property=" + ",".join(names)).stdout
        return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def main_pid(self, unit):
        """In the guest's numbers; 0 while it does not run."""
        return int(self.show(unit, "MainPID")["MainPID"])

    def is_active(self, unit):
        return self.systemctl("is-active", unit, check=False).stdout.strip() == "active"

    def wait_active(self, *units, deadline=20):
        for unit in units:
            wait_until(lambda: self.is_active(unit), f"{self.letter}: {unit} is active", deadline, 0.05,
                       lambda: self.describe_unit(unit))

    def describe_unit(self, unit):
        return self.systemctl("status", "--full", "--lines=15", unit, check=False).stdout

    def journal(self, *arguments):
        return self.run("journalctl", "--no-pager", "--output=short-precise", "--quiet", *arguments, check=False).stdout

    # Its files

    def path(self, name):
        """Where we see a file of the guest's; not for /run, /tmp, /proc, which the guest mounts."""
        return self.root + name

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        write_file(self.path(name), text, mode=mode)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()
