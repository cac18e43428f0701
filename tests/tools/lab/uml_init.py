#!/usr/bin/python3 -B
"""PID 1 of the guest of uml.py: makes the host's tree writable by an overlay, runs the one command, powers off."""
import ctypes
import json
import os
import subprocess
import sys
import traceback
import tty

OUTPUT = "/dev/tty1"
OVER = "/mnt/root"  # the new root, while the old one is still in place
JOB = "/run/job"
RB_POWER_OFF = 0x4321FEDC
PIVOT_ROOT = 155  # x86_64
MODULES = ("sctp", "veth", "sch_netem", "sch_tbf")

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(kind, target, options=""):
    os.makedirs(target, exist_ok=True)
    check(libc.mount(b"none", target.encode(), kind.encode(), 0, options.encode()), f"{kind} on {target}")


def job_folder():
    with open("/proc/cmdline", encoding="ascii") as file:
        for word in file.read().split():
            if word.startswith("funnel.job="):
                return word.partition("=")[2]
    raise RuntimeError("no funnel.job= on the kernel's command line")


def lay_overlay():
    """From here on / is a tmpfs over the host's tree, and the kernel finds its modules."""
    mount("tmpfs", "/mnt")
    os.makedirs("/mnt/lib")
    os.symlink("/usr/lib/uml/modules", "/mnt/lib/modules")
    subprocess.run(["modprobe", "-d", "/mnt", "overlay"], check=True)
    for part in ("upper", "work", "root"):
        os.makedirs("/mnt/" + part)
    mount("overlay", OVER, "lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work")
    check(libc.syscall(PIVOT_ROOT, OVER.encode(), (OVER + "/mnt").encode()), "pivot_root")
    os.chdir("/")
    release = os.uname().release
    os.makedirs("/lib/modules", exist_ok=True)
    os.symlink("/usr/lib/uml/modules/" + release, "/lib/modules/" + release)


def mount_rest(job):
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    mount("devtmpfs", "/dev")
    mount("devpts", "/dev/pts", "mode=620,ptmxmode=666")
    for path, mode in (("/dev/shm", "1777"), ("/run", "755")):
        mount("tmpfs", path, f"mode={mode}")
    if not os.path.lexists("/dev/fd"):
        os.symlink("/proc/self/fd", "/dev/fd")
    mount("hostfs", JOB, job)


def settle():
    subprocess.run(["modprobe", "-a", *MODULES], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # This kernel has nf_tables without its ip family.
    for name in ("iptables", "ip6tables"):
        os.symlink(f"/usr/sbin/{name}-legacy", f"/usr/local/sbin/{name}")


def spawn(job):
    """Runs the command as a child; as PID 1 we also wait for orphans."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        out = os.open(OUTPUT, os.O_WRONLY)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        try:
            os.chdir(job["cwd"])
            os.execvpe(job["command"][0], job["command"], {**os.environ, **job["env"]})
        except OSError as error:
            os.write(2, f"{job['command'][0]}: {error.strerror}\n".encode())
            os._exit(127)
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def main():
    os.environ.clear()
    os.environ.update({"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
                       "LAB_PATIENCE": "4"})
    mount("proc", "/proc")
    job = job_folder()
    lay_overlay()
    mount_rest(job)
    with open(OUTPUT, "r+b", buffering=0) as terminal:
        tty.setraw(terminal)
    settle()
    with open(JOB + "/job.json", encoding="utf-8") as file:
        status = spawn(json.load(file))
    with open(JOB + "/status.new", "w", encoding="ascii") as file:
        file.write(str(status))
        file.flush()
        os.fsync(file.fileno())
    os.rename(JOB + "/status.new", JOB + "/status")


try:
    main()
except BaseException:
    traceback.print_exc()
    sys.stderr.flush()
libc.reboot(RB_POWER_OFF)
