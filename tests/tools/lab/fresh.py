"""Machines into which nothing was installed: a minimal Debian of either release, as a newcomer has it, with this tree's last
commit in /root/funnel.

    ~/.cache/funnel-fresh/SUITE-KEY   made once by mmdebstrap, read only
              |
        overlay in memory             what one machine writes, gone with it
              |
    mount, process (and network) namespaces of its own, this tree's compiler cache and apt's downloads shared

A caller must be in a mount namespace of its own, as run-tests' tests are.
"""
import contextlib
import fcntl
import glob
import os
import platform
import shutil
import subprocess

from .base import LabError, run
from .image import TOP, cache_folder, kept_image, make_minimal, missing_parts

SUITES = ("bookworm", "trixie")
CHECKOUT = "/root/funnel"
OURS = platform.freedesktop_os_release().get("VERSION_CODENAME")
# How Funnel is compiled there: as run-tests does, whose objects the compiler's cache has. For the release that run-tests does not run
# on nobody else compiles, so it goes without debugging information, a third quicker.
OPTIONS = {suite: "-Dwerror=true" if suite == OURS else "-Dwerror=true -Ddebug=false" for suite in SUITES}
# What the build and a demonstration write to memory together.
SIZE = "12g"

# pivot_root rather than chroot: what runs inside may enter namespaces by nsenter, and comes out in this root. A new network
# namespace's loopback is down.
ENTER = """
ip link set lo up
cd "$0"
mount -t proc proc proc
for folder in dev sys; do mount --rbind /$folder $folder; done
for folder in run tmp; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
chmod 755 run
while [ "$1" != -- ]; do mkdir -p "./$2"; mount --bind "$1" "./$2"; shift 2; done
shift
pivot_root . mnt
cd /
umount -l /mnt
exec "$@"
"""
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy")
APT = ("apt-get", "-q", "-y", "-o", "Acquire::Retries=3", "--no-install-recommends")


def missing():
    """Why this machine can make none; empty when it can."""
    why = missing_parts(("mmdebstrap", "git"), ("overlay", "tmpfs"))
    return why or ("" if os.path.exists(os.path.join(TOP, ".git")) else "this is no git checkout")


def git(*arguments):
    return run(["git", "-C", TOP, *arguments], timeout=300).stdout.strip()


def chosen_suites():
    """Both if FUNNEL_FRESH is "all"; else one, alternating from commit to commit."""
    if os.environ.get("FUNNEL_FRESH") == "all":
        return SUITES
    if os.environ.get("FUNNEL_FRESH") in SUITES:
        return (os.environ["FUNNEL_FRESH"],)
    try:
        if git("rev-parse", "--is-shallow-repository") == "true":
            return (SUITES[int(git("rev-parse", "HEAD")[-1], 16) % 2],)
        return (SUITES[int(git("rev-list", "--count", "HEAD")) % 2],)
    except LabError:
        return SUITES[:1]


def cache(*names):
    path = os.path.join(cache_folder("funnel-fresh"), *names)
    os.makedirs(path, exist_ok=True)
    os.utime(path)
    return path


@contextlib.contextmanager
def lock(name):
    """Parallel runs wait for each other: apt's folders are shared."""
    with open(os.path.join(cache(), name + ".lock"), "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Machine:
    """Use as a context manager."""

    def __init__(self, workspace, suite, name):
        self.suite = suite
        folder = workspace.folder(f"fresh-{name}")
        self.layer, self.root = (os.path.join(folder, part) for part in ("layer", "root"))
        for path in (self.layer, self.root):
            os.makedirs(path)
        image = kept_image(cache(), suite, lambda root: make_minimal(suite, root), "minimal")
        run(["mount", "-t", "tmpfs", "-o", f"mode=755,size={SIZE}", "funnel-fresh", self.layer])
        for part in ("upper", "work"):
            os.mkdir(os.path.join(self.layer, part))
        run(["mount", "-t", "overlay", "-o", f"lowerdir={image},upperdir={self.layer}/upper,workdir={self.layer}/work",
             "funnel-fresh", self.root])
        shutil.copy("/etc/resolv.conf", self.path("/etc/resolv.conf"))

    def path(self, name):
        """Where we see a file of the machine's."""
        return self.root + name

    def check_out(self, commit="HEAD", folder=CHECKOUT):
        """What is committed, as `git clone` makes it."""
        run(["git", "clone", "--quiet", "--no-checkout", TOP, self.path(folder)], timeout=300)
        run(["git", "-C", self.path(folder), "checkout", "--quiet", "--detach", git("rev-parse", commit)], timeout=300)

    def run(self, *command, cwd=CHECKOUT, network=True, environment=None, **options):
        """In namespaces of its own, which end with the command, and so does all that it started."""
        shared = [run(["ccache", "--get-config", "cache_dir"]).stdout.strip(), "root/.cache/ccache",
                  cache("archives-" + self.suite), "var/cache/apt/archives",
                  cache("lists-" + self.suite), "var/lib/apt/lists"]
        os.makedirs(shared[0], exist_ok=True)
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        into = ["sh", "-c", 'cd "$0" && exec "$@"', cwd if os.path.isdir(self.path(cwd)) else "/"]
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return run([*apart, "--", "sh", "-ec", ENTER, self.root, *shared, "--", *into, *command],
                   env={**ENVIRONMENT, **passed_on, **(environment or {})}, **options)

    def apt(self, *arguments, **options):
        return self.run(*APT, *arguments, environment={"DEBIAN_FRONTEND": "noninteractive"}, timeout=1200, **options)

    def prepare_to_build(self):
        """What is committed, and what debian/control says that it needs."""
        self.check_out()
        self.apt("update")
        # The compiler cache only saves time; it brings no header.
        self.apt("build-dep", CHECKOUT)
        self.apt("install", "ccache")
        return self

    def build_package(self, folder, options):
        """The path of the .deb that is made of FOLDER, as we see it."""
        self.run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=folder, network=False,
                 environment={**options, "CCACHE_DIR": "/root/.cache/ccache"}, timeout=3000)
        return glob.glob(self.path(os.path.dirname(folder)) + "/funnel_*.deb")[0]

    def remove(self):
        for path in (self.root, self.layer):
            if os.path.ismount(path):
                subprocess.run(["umount", "--lazy", path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
