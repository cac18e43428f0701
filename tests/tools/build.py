"""Builds with meson and ninja into a folder, with a line of progress every few seconds. Used by run_tests.py
and quickstart:  build.py FOLDER [MESON-OPTION...] [--targets TARGET...]
"""
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRESS_SECONDS = 5
# Objects are the same in whichever folder and language they are compiled: ccache has them for the package's build too.
SHARE_OBJECTS = {"CCACHE_NOHASHDIR": "1", "CCACHE_SLOPPINESS": "locale"}
# Daemons of what is built run under users of their own.
FOR_ALL = 0o022
STEP = re.compile(r"^\[(\d+)/(\d+)\]")


class BuildError(Exception):
    """The text is the end of what the compiler said."""


def configure(folder, options=(), environment=None):
    if os.path.exists(os.path.join(folder, "build.ninja")):
        return
    print(f"build: configure {os.path.basename(folder)}", flush=True)
    # The distribution's meson with the distribution's Python, whatever else is in PATH.
    done = subprocess.run(["/usr/bin/python3", "/usr/bin/meson", "setup", *options, folder, TOP], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          umask=FOR_ALL, env={**os.environ, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise BuildError("\n".join(done.stdout.splitlines()[-30:]))


def compile_all(folder, targets=()):
    name = os.path.basename(folder)
    started = shown = time.monotonic()
    kept = []
    # It dies with us, and its compilers with it.
    command = ["setpriv", "--pdeathsig", "TERM", "--", "ninja", "-C", folder, *targets]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", umask=FOR_ALL, env={**os.environ, **SHARE_OBJECTS}) as ninja:
        try:
            for line in ninja.stdout:
                step = STEP.match(line)
                if not step:
                    kept = (kept + [line.rstrip()])[-120:]
                elif time.monotonic() - shown >= PROGRESS_SECONDS:
                    shown = time.monotonic()
                    print(f"build: {name} {step[1]} of {step[2]}, {shown - started:.0f} s", flush=True)
        except BaseException:
            ninja.terminate()
            raise
    if ninja.returncode != 0:
        raise BuildError("\n".join(kept))
    print(f"build: {name} done in {time.monotonic() - started:.0f} s", flush=True)


def main():
    folder, options = os.path.abspath(sys.argv[1]), sys.argv[2:]
    targets = []
    if "--targets" in options:
        at = options.index("--targets")
        options, targets = options[:at], options[at + 1:]
    try:
        configure(folder, options)
        compile_all(folder, targets)
    except BuildError as error:
        sys.exit(f"build failed:\n{error}")


if __name__ == "__main__":
    main()
