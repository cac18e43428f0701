"""One daemon under tests/tools/holder, and what the holder wrote about it."""
import contextlib
import os
import signal

from .base import Child, LabError, tail, wait_until

HOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "holder")
RELOADED = ("configuration was read again", "(the old configuration stays)")
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")


class Daemon:
    """`holder_options` hold its sockets; `command` is the daemon's program and arguments."""

    def __init__(self, name, folder, command, holder_options, uid):
        self.name = name
        self.folder = folder
        self.command = command
        self.holder_options = holder_options
        self.uid = uid
        self.prefix = []  # of the holder's command line
        self.holder = None

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        for stale in ("holding", "pid", "ready", "starts"):
            if os.path.exists(self._file(stale)):
                os.unlink(self._file(stale))
        self.holder = Child(f"holder of {self.name}", [
            *self.prefix, HOLDER, "--state", self.folder, "--die-with-parent", "--uid", self.uid, "--gid", self.uid,
            *self.holder_options, "--", *self.command], self._file("holder.log"))
        wait_until(self._holds, f"{self.name}: sockets bound", detail=lambda: tail(self._file("holder.log")))

    def _holds(self):
        self.holder.require_running()
        return self._read("holding")

    def _file(self, name):
        return os.path.join(self.folder, name)

    def _read(self, name):
        try:
            with open(self._file(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    @property
    def pid(self):
        """0 while it does not run."""
        return int(self._read("pid") or 0)

    @contextlib.contextmanager
    def held_up(self):
        """It gets no processor meanwhile, so that what comes waits for it, and then comes at once."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    @property
    def ready(self):
        pid = self.pid
        return pid != 0 and self._read("ready") == f"{pid}\n"

    @property
    def starts(self):
        return int(self._read("starts") or 0)

    @property
    def exits(self):
        """How it ended, each time: "SIGKILL", "status 1"."""
        return self._read("exits").split("\n")[:-1]

    @property
    def log(self):
        return self._read("log")

    @property
    def log_path(self):
        return self._file("log")

    def wait_ready(self, deadline=20):
        wait_until(lambda: self.ready, f"{self.name} is ready", deadline,
                   detail=lambda: f"ended {len(self.exits)} times: {self.exits[-5:]}\n{tail(self.log_path)}")

    def wait_logged(self, text, deadline=10):
        wait_until(lambda: text in self.log, f"{self.name} logs '{text}'", deadline, detail=lambda: tail(self.log_path))

    def kill9(self):
        """Ends the daemon at once; the holder keeps the sockets and starts it again."""
        pid = self.pid
        if not pid:
            raise LabError(f"{self.name} does not run")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.pid != pid, f"the holder sees that {self.name} died")

    def reload(self):
        """Returns when the configuration was read again, or was refused."""
        def reports():
            return sum(self.log.count(text) for text in RELOADED)
        before = reports()
        os.kill(self.pid, signal.SIGHUP)
        wait_until(lambda: reports() > before, f"{self.name} reads its configuration again", detail=lambda: tail(self.log_path))

    def stop(self):
        """The daemon and its sockets."""
        if self.holder:
            self.holder.stop()
            self.holder = None

    def sanitizer_reports(self):
        return [line for line in self.log.splitlines() if any(mark in line for mark in SANITIZER_REPORTS)]
