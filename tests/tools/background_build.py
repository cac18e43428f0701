"""A build that goes on during tests, with what they leave of the processors."""
import os
import subprocess

import build

SHOW_SECONDS = 10


class BackgroundBuild:
    def __init__(self, name, options, scratch, die_with_us):
        self.name = name
        self.folder = os.path.join(build.TOP, name)
        self.reported = False
        self.log = os.path.join(scratch, name + ".log")
        with open(self.log, "w", encoding="utf-8") as output:
            # Warnings are errors in the ordinary build.
            self.child = subprocess.Popen(
                [*die_with_us, "nice", "-n", "19", "/usr/bin/python3", "-B", build.__file__, self.folder, *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def lines(self):
        with open(self.log, encoding="utf-8", errors="replace") as output:
            return output.read().splitlines()

    def wait(self, say):
        """SAY gets the progress, the output gets what the compiler printed. Returns the folder; None when it does not compile."""
        while True:
            try:
                status = self.child.wait(SHOW_SECONDS)
            except subprocess.TimeoutExpired:
                say((self.lines() or ["build: begins"])[-1])
                continue
            if status == 0:
                say(self.lines()[-1])
                return self.folder
            if not self.reported:
                print("\n".join(self.lines()[-80:]), flush=True)
            self.reported = True
            return None
