"""The part of ./demo/lossy-page that begins once everything is built:  outside.py [OPTION...].

This process owns the temporary folder and starts show.py inside a process namespace of its own. However it ends, the kernel ends all
processes of that namespace with it, and the folder is removed.
"""
import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(1, os.path.join(TOP, "tests", "tools"))

import enterable  # noqa: E402  (the path to it is set above)

BUILD = os.environ.get("FUNNEL_BUILD", os.path.join(TOP, "build"))
PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """A signal asked us to end."""


def on_signal(number, _frame):
    raise Stopped(number)


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def show(folder, output, options):
    command = enterable.command(folder, BUILD, ["/usr/bin/python3", "-B", os.path.join(HERE, "show.py"), enterable.view_of(folder), folder, output, *options])
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent) as process:
        try:
            return process.wait()
        except Stopped as stopped:
            # With unshare the namespace's first process ends, and with that all others.
            process.kill()
            return 128 + stopped.args[0]


def main():
    parser = argparse.ArgumentParser(prog="lossy-page")
    parser.add_argument("--output", default=os.path.join(HERE, "shown"))
    asked, options = parser.parse_known_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    output = os.path.abspath(asked.output)
    os.makedirs(output, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="funnel-lossy-page-")
    try:
        return show(folder, output, options)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
