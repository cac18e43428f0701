"""The part of ./quickstart that begins once everything is built.

This process owns the temporary folder and starts demo.py inside a process namespace of its own. However it
ends, the kernel ends all processes of that namespace with it, and the folder is removed.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import enterable

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("FUNNEL_BUILD", os.path.join(TOP, "build"))
START_DEADLINE = {False: 120, True: 1800}  # with --systemd a package and the guests' image are made
PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """A signal asked us to end."""

    def __init__(self, number):
        super().__init__()
        self.number = number


def on_signal(number, _frame):
    raise Stopped(number)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start_demo(folder, keep, systemd):
    command = enterable.command(folder, BUILD, [
        "/usr/bin/python3", "-B", os.path.join(HERE, "demo.py"), enterable.view_of(folder), folder,
        *(["--systemd"] if systemd else []), *(["--keep"] if keep else [])])
    if not keep:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent)
    # It is to outlive us, and the terminal.
    with open(os.path.join(folder, "demo.log"), "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                start_new_session=True)


def end_demo(pid):
    """Kills the head of the process namespace, and waits until all in it are gone."""
    init = head_of(pid)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    deadline = time.monotonic() + 20
    while init and os.path.exists(f"/proc/{init}/ns/pid") and time.monotonic() < deadline:
        try:
            with open(f"/proc/{init}/stat", encoding="utf-8") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except OSError:
            return
        time.sleep(0.02)


def head_of(pid):
    """The process namespace's first process; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as children:
            return int((children.read().split() or ["0"])[0])
    except OSError:
        return 0


def follow_until_ready(folder, process, seconds):
    """Prints the demonstration's output until it says that it is up. False: it ended before."""
    deadline = time.monotonic() + seconds
    with open(os.path.join(folder, "demo.log"), encoding="utf-8", errors="replace") as log:
        while True:
            up = os.path.exists(os.path.join(folder, "up"))
            ended = process.poll() is not None
            sys.stdout.write(log.read())
            sys.stdout.flush()
            if up or ended:
                return up and not ended
            if time.monotonic() > deadline:
                print(f"quickstart: not up within {seconds} s", file=sys.stderr)
                return False
            time.sleep(0.1)


def demonstrate(keep, systemd):
    folder = tempfile.mkdtemp(prefix="funnel-quickstart-")
    process = None
    left_up = False
    try:
        process = start_demo(folder, keep, systemd)
        if not keep:
            return process.wait()
        left_up = follow_until_ready(folder, process, START_DEADLINE[systemd])
        if left_up:
            with open(os.path.join(folder, "process"), "w", encoding="utf-8") as out:
                out.write(f"{process.pid} {start_time(process.pid)}\n")
        return 0 if left_up else 1
    except Stopped as stopped:
        left_up = False
        print("quickstart: interrupted, cleaning up", file=sys.stderr)
        return 128 + stopped.number
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if not left_up:
            if process:
                end_demo(process.pid)
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def start_time(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[19]


def running(folder):
    """The process id of the demonstration in a folder; a reused one does not count."""
    try:
        with open(os.path.join(folder, "process"), encoding="utf-8") as file:
            pid, started = file.read().split()
    except OSError:
        sys.exit(f"quickstart: {folder} is not a folder of ./quickstart --keep")
    try:
        return int(pid) if start_time(int(pid)) == started else None
    except OSError:
        return None


def stop(folder):
    pid = running(folder)
    if pid:
        end_demo(pid)
    shutil.rmtree(folder)
    print(f"quickstart: stopped{'' if pid else ' (it was not running)'}, {folder} removed")
    return 0


def run_inside(folder, node, command):
    pid = running(folder) or sys.exit("quickstart: it is not running any more")
    namespace = {"branch": "a", "hoster": "b"}[node]
    enter_demo = ["nsenter", "--target", str(head_of(pid)), "--mount", "--pid", "--"]
    guest = os.path.join(folder, f"guest-{namespace}", "pid")
    if os.path.exists(guest):
        with open(guest, encoding="utf-8") as file:
            os.execvp("nsenter", [*enter_demo, "nsenter", "--target", file.read().strip(), "--mount", "--pid", "--ipc", "--uts",
                                  "--net", "--cgroup", "--wdns=/", "--", *command])
    with open(os.path.join(folder, "net", f"{namespace}.pid"), encoding="utf-8") as file:
        keeper = file.read().strip()
    if command[0] == "funnelctl":
        place = os.path.join(folder, node)
        command = [os.path.join(BUILD, "funnelctl", "funnelctl"), "--config", f"{place}/etc", "--run", f"{place}/run",
                   "--state", f"{place}/state", *command[1:]]
    os.execvp("nsenter", [*enter_demo, "nsenter", f"--net=/proc/{keeper}/ns/net", "--", *command])


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--stop"] and len(arguments) == 2:
        return stop(arguments[1])
    if arguments[:1] == ["--in"] and len(arguments) >= 4 and arguments[2] in ("branch", "hoster"):
        return run_inside(arguments[1], arguments[2], arguments[3:])
    if sorted(arguments) not in ([], ["--keep"], ["--systemd"], ["--keep", "--systemd"]):
        sys.exit("usage: quickstart [[--systemd] [--keep] | --stop FOLDER | --in FOLDER branch|hoster COMMAND...]")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    return demonstrate("--keep" in arguments, "--systemd" in arguments)


sys.exit(main())
