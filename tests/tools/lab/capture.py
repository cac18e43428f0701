"""What goes over a link, as dumpcap writes it down and Wireshark's dissectors read it, Funnel's own among them."""
import os
import signal
import subprocess

from .base import LabError, tail, wait_until
from .netns import ADDRESSES

DISSECTOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "contrib", "wireshark", "funnel.lua")

SEND_LAST = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(sys.argv[2].encode(), (sys.argv[1], 9))
"""


class Capture:
    """All packets of the nodes' link while it is entered. Afterwards they are read by tshark."""

    def __init__(self, network, path):
        self.network, self.path = network, path
        self._process = None

    def __enter__(self):
        self.network.no_trains()
        log = self.path + ".log"
        with open(log, "wb") as output:
            self._process = self.network.popen("b", "dumpcap", "-q", "-i", "lan", "-w", self.path, stdout=output,
                                               stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            if line.startswith("File:"):
                return self
        raise LabError("dumpcap does not capture: " + tail(log, 5))

    def __exit__(self, kind, *_):
        # What it has not read yet would be lost, so one packet more, behind all others, ends it.
        last = os.urandom(16).hex()
        try:
            if kind is None:
                self.network.run("a", "/usr/bin/python3", "-c", SEND_LAST, ADDRESSES["b"], last)
                wait_until(lambda: last.encode() in self.raw(), "the capture is complete", 20)
        finally:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate(timeout=20)

    def raw(self):
        with open(self.path, "rb") as file:
            return file.read()

    def packets(self, wanted, *fields, options=()):
        """A list for each packet that the display filter WANTED lets by: the values of FIELDS, each a list."""
        show = [word for field in fields for word in ("-e", field)]
        out = tshark(self.path, *options, "-Y", wanted, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=;",
                     *show)
        return [[cell.split(";") if cell else [] for cell in line.split("\t")] for line in out.splitlines()]

    def text(self, *options):
        """All that it prints."""
        return tshark(self.path, *options, "-V")


def tshark(path, *arguments):
    """Its output, with Funnel's dissector, and SCTP's checksums looked at. Nothing of whoever runs the tests is read."""
    done = subprocess.run(["tshark", "-n", "-X", f"lua_script:{DISSECTOR}", "-o", "sctp.checksum:CRC 32c", "-r", path, *arguments],
                          env={**os.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}, timeout=60, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode or "Lua Error" in done.stdout or "Lua" in done.stderr:
        errors = [line for line in done.stdout.splitlines() if "Lua Error" in line]
        raise LabError("\n".join(["tshark failed:", *errors, done.stderr]))
    return done.stdout
