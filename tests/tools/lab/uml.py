"""A throw-away Linux on this machine, for what its own kernel lacks: SCTP, SCTP in UDP, netem.

    host: run(["ip", "link"]) -> linux.uml (Debian's package user-mode-linux, 2 s to boot, no KVM needed)
            root file system: the host's own, read-only by hostfs, with a tmpfs laid over it
            PID 1: uml_init.py, which runs the one command and hands back its output and status

Every program and library of the host is there under its own path, and so is what was built. What the guest
writes is gone with it. A kernel panic hangs it; the console shows it with loglevel=7. It has one CPU, no network device of the host's and no systemd; system calls are dear
(25 us), so nothing about throughput can be learned there.
"""
import contextlib
import functools
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from .base import become

LINUX = "/usr/bin/linux.uml"
MODULES = "/usr/lib/uml/modules"
INIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "uml_init.py")
POWER_OFF_SECONDS = 5
PROBE_SECONDS = 600  # it takes two, on a machine that has nothing else to do
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# Of what was built: see uml_registers.cc.
WIDE_REGISTERS = os.path.join(os.environ.get("FUNNEL_BUILD", os.path.join(TOP, "build")), "tests/tools/uml-registers.so")
NEEDED = {"user-mode-linux": LINUX, "kmod": "/usr/sbin/modprobe", "iproute2": "/usr/sbin/ip"}


class GuestError(Exception):
    """The guest ended without the command's status; the text holds the end of its console."""


class GuestLate(GuestError):
    """It was killed: its time was over."""


def memory_folder(bytes_needed):
    """Where the guest's memory goes: RAM if there is enough, else the disk."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 2 * bytes_needed:
            return "/dev/shm"
    return tempfile.gettempdir()


def wait_end(child, status, timeout):
    """Output and console of a guest. It is killed when it has not ended within `timeout` seconds, or has not switched itself
    off some seconds after the command's status was there."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return child.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            if os.path.exists(status):
                deadline = min(deadline, time.monotonic() + POWER_OFF_SECONDS)
            if time.monotonic() > deadline:
                child.kill()


def run(command, timeout=120, cwd=None, env=None, memory_mib=1024):
    """Runs `command` in a fresh guest. Returns subprocess.CompletedProcess with the output as text."""
    with tempfile.TemporaryDirectory(prefix="funnel-guest-") as job:
        with open(os.path.join(job, "job.json"), "w", encoding="utf-8") as file:
            json.dump({"command": [str(part) for part in command], "cwd": cwd or os.getcwd(), "env": env or {}}, file)
        kernel = [LINUX, f"mem={memory_mib}M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "loglevel=4", "panic=-1",
                  "con=null", "con0=null,fd:2", "con1=null,fd:1", "ssl=null", f"uml_dir={job}", "umid=guest",
                  f"init={INIT}", f"funnel.job={job}"]
        # Its processes are in a pid namespace, and go with the first of them.
        command_line = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--", *kernel]
        environment = {"PATH": os.environ["PATH"], "HOME": job, "TMPDIR": memory_folder(memory_mib << 20)}
        if os.path.exists(WIDE_REGISTERS):
            environment["LD_PRELOAD"] = WIDE_REGISTERS
        # Pipes: linux.uml makes its descriptors non-blocking, which must not reach ours.
        child = subprocess.Popen(command_line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 errors="replace", env=environment, preexec_fn=become(None))
        output, console = wait_end(child, os.path.join(job, "status"), timeout)
        try:
            with open(os.path.join(job, "status"), encoding="ascii") as file:
                return subprocess.CompletedProcess(command, int(file.read()), output, console)
        except (FileNotFoundError, ValueError) as error:
            late = child.returncode < 0
            why = f"no end within {timeout} s" if late else f"the guest ended with {child.returncode}, without a result"
            kind = GuestLate if late else GuestError
            raise kind(f"{' '.join(map(str, command))}: {why}\n{output}\n{console[-4000:]}") from error


@functools.cache
def why_not():
    """Why this machine runs no guests with SCTP; None if it does. Tries it, once. One that has not ended in all that time
    says nothing about the machine, which may be busy: that is raised, so that no test is left out for it."""
    if os.getuid() != 0:
        return "guests need root"
    for package, path in NEEDED.items():
        if not os.path.exists(path):
            return f"package {package} is not installed"
    if not glob.glob(MODULES + "/*/kernel/net/sctp/sctp.ko"):
        return f"no SCTP below {MODULES}"
    try:
        done = run(["cat", "/proc/sys/net/sctp/udp_port"], timeout=PROBE_SECONDS)
    except GuestLate:
        raise
    except (GuestError, OSError, subprocess.SubprocessError) as error:
        return f"user-mode Linux does not run here: {str(error).strip().splitlines()[0]}"
    if done.returncode != 0:
        return "the guest's kernel has no SCTP in UDP: " + done.stdout.strip()
    return None


def main():
    """python3 -m lab.uml COMMAND...: for trying things by hand."""
    done = run(sys.argv[1:], timeout=600)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
