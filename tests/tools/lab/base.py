"""The temporary folder, child processes that die with us, and waiting for conditions."""
import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


# How much longer than usual things may take: more than 1 in a guest, where starting a program takes 20 times as long.
PATIENCE = float(os.environ.get("LAB_PATIENCE", "1"))


class LabError(Exception):
    """Something around the nodes did not come up; the text says what, with the end of its log."""


def wait_until(condition, what, deadline=10.0, interval=0.02, detail=None):
    """Polls until `condition()` is true and returns its value; `detail()` explains a failure."""
    deadline *= PATIENCE
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            more = f"\n{detail()}" if detail else ""
            raise LabError(f"not within {deadline:g} s: {what}{more}")
        time.sleep(interval)


def is_running(pid):
    """A dead process that nobody has reaped does not run."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def tail(path, lines=30):
    """The end of a log, for error messages."""
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            text = log.read().splitlines()
    except OSError as error:
        return f"({path}: {error.strerror})"
    return f"--- end of {path}\n" + "\n".join(text[-lines:])


def become(uid):
    """For subprocess: in the child, take an unprivileged user and die with the parent."""
    parent = os.getpid()

    def prepare():
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return prepare


def run(command, uid=None, timeout=60, check=True, **options):
    """Runs to the end; returns CompletedProcess with text output. An error carries the output."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL if "input" not in options else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=timeout, preexec_fn=become(uid), check=False, **options)
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(command)}: no end within {timeout} s\n{error.output or ''}") from error
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}")
    return done


class Child:
    """A server of the lab that runs until `stop`, with its output in a log."""

    def __init__(self, name, command, log, uid=None, env=None):
        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, preexec_fn=become(uid), env=env)

    @property
    def pid(self):
        return self.process.pid

    def require_running(self):
        if self.process.poll() is not None:
            raise LabError(f"{self.name} ended with status {self.process.returncode}\n{tail(self.log)}")
        return True

    def stop(self, timeout=15, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Workspace:
    """The one temporary folder. Everybody may enter it; each file in it has its own permissions."""

    def __init__(self, path=None, keep=False):
        self.keep = keep
        if path is None:
            path = tempfile.mkdtemp(prefix="funnel-")
        os.umask(0o022)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o755)
        self.path = path

    def folder(self, name, uid=None, mode=0o755):
        path = os.path.join(self.path, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if uid is not None:
            os.chown(path, uid, uid)
        return path

    def remove(self):
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)


def write_file(path, text, uid=None, mode=0o644):
    """Atomic, so that a daemon never reads half a file."""
    with open(path + ".new", "w", encoding="utf-8") as out:
        out.write(text)
        os.fchmod(out.fileno(), mode)
        if uid is not None:
            os.fchown(out.fileno(), uid, uid)
    os.rename(path + ".new", path)
