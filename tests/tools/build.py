"""Builds with meson and ninja into a folder, with a line of progress every few seconds. Used by run_tests.py
and quickstart:  build.py FOLDER [MESON-OPTION...] [--targets TARGET...]

FUNNEL_OPTIONS in the environment has options in addition to those.
"""
import json
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
# For those who work on Funnel, and for CI. Whoever builds a release may have a compiler that we have not seen.
STRICT = ("-Dwerror=true",)
# Each library and each test program of a new folder is one piece, which reads its headers once: all of it takes half as long so, and
# what is built again after a change takes longer.
ONE_PIECE = ("-Dunity=on", "-Dunity_size=1000")
STEP = re.compile(r"^\[(\d+)/(\d+)\]")


class BuildError(Exception):
    """The text is the end of what the compiler said."""


def configure(folder, options=(), environment=None):
    """Makes a folder to build in, or sets the options of one that is there where they differ."""
    options = [*options, *os.environ.get("FUNNEL_OPTIONS", "").split()]
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        print(f"build: configure {os.path.basename(folder)}", flush=True)
        _meson("setup", *ONE_PIECE, *options, folder, TOP, environment=environment)
    else:
        changed = _changed(folder, options) if options else []
        if changed:
            print(f"build: configure {os.path.basename(folder)} again: {' '.join(changed)}", flush=True)
            _meson("configure", folder, *changed)


def _meson(*arguments, environment=None):
    """The distribution's meson with the distribution's Python, whatever else is in PATH."""
    done = subprocess.run(["/usr/bin/python3", "/usr/bin/meson", *arguments], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, umask=FOR_ALL,
                          env={**os.environ, **(environment or {})}, check=False)
    if done.returncode != 0:
        raise BuildError("\n".join((done.stdout + done.stderr).splitlines()[-30:]))
    return done.stdout


def _changed(folder, options):
    """Those of "-DNAME=VALUE" that the folder was not configured with."""
    has = {one["name"]: one["value"] for one in json.loads(_meson("introspect", "--buildoptions", folder))}

    def text(value):
        if isinstance(value, list):
            return ",".join(value)
        return str(value).lower() if isinstance(value, bool) else str(value)
    return [one for one in options if text(has.get(one[2:].partition("=")[0])) != one.partition("=")[2]]


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
