"""Backends that a few lines of Python are enough for: one a file in programs/, each says what it does."""
import os
import subprocess

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")


def start_program(network, node, name, *arguments):
    """Runs programs/NAME.py in NODE's namespace; returns the process once it listens."""
    process = network.popen(node, "/usr/bin/python3", "-u", os.path.join(PROGRAMS, name + ".py"), *arguments,
                            stdout=subprocess.PIPE, text=True)
    said = process.stdout.readline()
    assert said == "listening\n", f"{name} said {said!r}"
    return process
