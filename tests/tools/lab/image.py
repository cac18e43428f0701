"""The root file system of the guests: a small Debian with systemd, and what Funnel's package depends on.

It is made once and kept, by a key of what goes into it, in $XDG_CACHE_HOME (or ~/.cache); making it takes half a
minute and a network for Debian packages. Guests never write to it: each lays a file system of its own over it.
"""
import fcntl
import hashlib
import os
import shutil
import time

from .base import LabError, run

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SUITE = os.environ.get("FUNNEL_GUEST_SUITE", "bookworm")
KEPT_SECONDS = 30 * 86400
BUILD_TIMEOUT = 900

# Nobody reads these in a guest, apart from what Funnel's own package brings afterwards.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")

# What a start takes time for without use in a guest that lives for a minute.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
          "e2scrub_reap.service", "fstrim.timer", "getty.target", "console-getty.service", "systemd-logind.service",
          "systemd-journal-flush.service", "systemd-firstboot.service", "systemd-update-utmp.service",
          "systemd-update-utmp-runlevel.service", "systemd-network-generator.service", "systemd-pstore.service",
          "systemd-timesyncd.service", "systemd-tmpfiles-clean.timer", "systemd-user-sessions.service",
          "systemd-remount-fs.service", "modprobe@.service", "dev-hugepages.mount", "sys-fs-fuse-connections.mount")

JOURNALD = "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n"
MANAGER = "[Manager]\nShowStatus=no\nDefaultTimeoutStopSec=20s\n"


def packages(section="guest"):
    """The lines of one section of the file `packages`: names, or alternatives as "a | b"."""
    names, inside = [], False
    with open(os.path.join(TOP, "packages"), encoding="utf-8") as listed:
        for line in listed:
            if line.startswith("## "):
                inside = line.split()[1] == section
            elif inside and line.strip() and not line.startswith("#"):
                names.append(line.strip())
    if not names:
        raise LabError(f"the file packages has no section {section}")
    return names


def cache_folder(name="funnel-guest"):
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, name)


def missing_parts(programs, filesystems):
    """Why this machine can have no root file system of its own for others; empty when it can."""
    if os.getuid() != 0:
        return "it needs root"
    for program in programs:
        if not shutil.which(program):
            return f"{program} is not installed"
    try:
        with open("/proc/filesystems", encoding="utf-8") as listed:
            known = {line.split()[-1] for line in listed}
    except OSError as error:
        return f"/proc/filesystems: {error.strerror}"
    return next((f"the kernel knows no {kind}" for kind in filesystems if kind not in known), "")


def image(suite=SUITE):
    """The folder with the guests' tree; makes it when it is not there."""
    return kept_image(cache_folder(), suite, lambda root: _make_guest(suite, root), " ".join(packages()))


def kept_image(cache, suite, make, contents):
    """A tree by what goes into it, which this source says too. Callers in parallel make it once."""
    os.makedirs(cache, exist_ok=True)
    with open(os.path.abspath(__file__), "rb") as source:
        key = hashlib.sha256(source.read() + f"{suite} {contents}".encode()).hexdigest()[:12]
    made = os.path.join(cache, f"{suite}-{key}")
    with open(os.path.join(cache, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(made):
            _remove_old(cache)
            make(made + ".new")
            os.rename(made + ".new", made)
        os.utime(made)
    return made


def _remove_old(cache):
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if name.endswith(".new") or (os.path.isdir(path) and os.path.getmtime(path) < time.time() - KEPT_SECONDS):
            shutil.rmtree(path)


def make_minimal(suite, root, options=()):
    """What Debian calls required, and apt."""
    run(["mmdebstrap", "--quiet", "--variant=minbase", *options, suite, root], timeout=BUILD_TIMEOUT)


def _include(line):
    """mmdebstrap takes a pattern of apt's alone; a release has one of the alternatives."""
    names = line.split(" | ")
    return names[0] if len(names) == 1 else "?or(" + ",".join(f"?exact-name({name})" for name in names) + ")"


def _make_guest(suite, root):
    options = [f"--include={_include(line)}" for line in packages()]
    make_minimal(suite, root, options + [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT])
    os.unlink(os.path.join(root, "etc/dpkg/dpkg.cfg.d/99mmdebstrap"))
    for unit in MASKED:
        _write(root, f"etc/systemd/system/{unit}", link="/dev/null")
    _write(root, "etc/systemd/journald.conf.d/lab.conf", JOURNALD)
    _write(root, "etc/systemd/system.conf.d/lab.conf", MANAGER)
    _write(root, "etc/fstab", "")
    _write(root, "etc/resolv.conf", "")


def _write(root, name, text="", link=None):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    if link:
        os.symlink(link, path)
    else:
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
