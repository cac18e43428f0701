"""The part of ./run-tests that begins once the packages are there."""
import argparse
import concurrent.futures
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import build
import enterable
from background_build import BackgroundBuild
from totals import Totals

SANITIZE = {"ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=0",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
UNIT_TIMEOUT = 900
INTEGRATION_TIMEOUT = 3600
FRESH_TIMEOUT = 2 * 3600  # both releases, where the compiler has seen nothing of either
FUZZ_SECONDS = 60
LONG_SCENARIOS = "100000"
LONG_SCTP_SEEDS = "10000"
UNIT_PROGRAMS_AT_ONCE = 2
FILES_AT_ONCE = 3
# Guests are of Debian 12 elsewhere; these tests are worth running on 13 too.
GUESTS_TOO, GUEST_TESTS = "trixie", ("guest", "services", "reload")
CORPORA = os.path.join(build.TOP, "tests/fuzz/corpus")
SANITIZED_FOLDER = "build-sanitize"
# Line numbers are all that a report needs of debugging information. Checks for undefined behaviour cost the compiler three times as
# long with -O1 as with -Og.
SANITIZED_OPTIONS = ["-Db_sanitize=address,undefined", "-Doptimization=g", "-Ddebug=false", "-Dcpp_args=-g1", "-Dbench=false",
                     *build.ONE_PIECE]
# clang-tidy reads the files one by one.
LONG_OPTIONS = ["-Dunity=off"]
DIE_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]


class Runner:
    def __init__(self, arguments, scratch):
        self.arguments = arguments
        self.scratch = scratch
        self.totals = Totals()
        self.started = time.monotonic()
        self.sequence = 0

    def say(self, text):
        print(f"[{time.monotonic() - self.started:5.0f} s] {text}", flush=True)

    def wanted(self, *names):
        return not self.arguments.only or any(part in name for part in self.arguments.only for name in names)

    def build(self, folder, options=(), environment=None, targets=()):
        """False, and one failure, when it does not compile."""
        path = os.path.join(build.TOP, folder)
        try:
            build.configure(path, [*build.STRICT, *options], environment)
            build.compile_all(path, targets)
            return path
        except build.BuildError as error:
            print(f"{error}\nbuild: {folder} FAILED", flush=True)
            self.totals.failed.append(f"{folder}: does not build")
            return None

    def environment(self, folder, sanitized):
        variables = {**os.environ, "FUNNEL_BUILD": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        if self.arguments.long and not sanitized:
            variables["FUNNEL_SCENARIOS"] = LONG_SCENARIOS
            variables["SCTP_SEEDS"] = LONG_SCTP_SEEDS
        if sanitized:
            variables.update(SANITIZE)
            variables["FUNNEL_SANITIZED"] = "1"
        return variables

    # Unit tests

    def unit(self, folder, sanitized):
        listed = json.loads(subprocess.check_output(
            ["/usr/bin/python3", "/usr/bin/meson", "introspect", "--tests", folder], text=True))
        programs = [test for test in listed if any(suite.endswith("unit") for suite in test["suite"])
                    and self.wanted(test["name"])]
        programs.sort(key=lambda test: -test["priority"])  # those that take long begin first
        with concurrent.futures.ThreadPoolExecutor(UNIT_PROGRAMS_AT_ONCE) as pool:
            for _ in pool.map(lambda test: self.unit_program(test, folder, sanitized), programs):
                pass

    def unit_program(self, test, folder, sanitized):
        where = test["name"] + (" (sanitized)" if sanitized else "")
        report = os.path.join(self.scratch, f"{test['name']}{'-san' if sanitized else ''}.xml")
        began = time.monotonic()
        try:
            done = subprocess.run([*DIE_WITH_US, *test["cmd"], f"--gtest_output=xml:{report}", "--gtest_brief=1"], text=True,
                                  errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=UNIT_TIMEOUT * (5 if self.arguments.long else 1),
                                  env={**self.environment(folder, sanitized), **test["env"]}, cwd=self.scratch,
                                  check=False)
            status, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            status, output = "a timeout", str(error.output or "")
        if not os.path.exists(report):
            self.totals.failed.append(f"{where}: ended with {status} before its report")
            summary = "FAILED"
        else:
            failures = len(self.totals.failed)
            summary = self.totals.add_junit(report, where)
            if status != 0 and len(self.totals.failed) == failures:
                self.totals.failed.append(f"{where}: all cases passed, but it ended with {status}")
                summary += f", FAILED with {status}"
        if status != 0:
            print("\n".join(output.splitlines()[-80:]), flush=True)
        self.say(f"{where}: {summary}, {time.monotonic() - began:.1f} s")

    # Integration tests

    def integration(self, folder, sanitized, before_alone):
        files = sorted(glob.glob(os.path.join(build.TOP, "tests/integration/test_*.py")))
        chosen = []
        if self.arguments.only:
            by_file = [path for path in files if self.wanted(os.path.basename(path))]
            chosen = [] if by_file else ["-k", " or ".join(self.arguments.only)]
            files = by_file or files
        if not files:
            return
        where = "integration" + (" (sanitized)" if sanitized else "")
        # Most of a test's time is waiting, so several files run in parallel; what measures time runs alone.
        self.pytest(where, ["-n", str(FILES_AT_ONCE), "--dist", "loadfile", "-m", "not alone and not fresh", *chosen, *files],
                    folder, sanitized)
        before_alone()
        self.pytest(where + ", alone", ["-m", "alone", *chosen, *files], folder, sanitized)

    def pytest(self, where, arguments, folder, sanitized, more=None, timeout=INTEGRATION_TIMEOUT):
        report = os.path.join(self.scratch, "integration.xml")
        command = [*DIE_WITH_US, *enterable.command(self.scratch, folder, [
            "/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "-rP", "--durations=10",
            f"--junitxml={report}", *arguments])]
        self.say(where)
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=timeout, cwd=build.TOP,
                                    env={**self.environment(enterable.view_of(self.scratch), sanitized), **(more or {})},
                                    check=False).returncode
        except subprocess.TimeoutExpired:
            status = "a timeout"
        if os.path.exists(report):
            self.say(f"{where}: {self.totals.add_junit(report, where)}")
            os.unlink(report)
        elif status != 5:  # 5: no test was chosen
            self.totals.failed.append(f"{where}: pytest ended with {status} before its report")

    def fresh(self, folder):
        """On machines into which nothing was installed; then the tests under systemd on Debian's newer release, in guests."""
        kept = os.path.join(self.scratch, "fresh")
        os.makedirs(kept, exist_ok=True)
        everything = {"FUNNEL_FRESH": "all"} if self.arguments.fresh or self.arguments.long else {}
        files = glob.glob(os.path.join(build.TOP, "tests/integration/test_fresh_*.py"))
        if not any(self.wanted(os.path.basename(path)) for path in files):
            return
        self.pytest("fresh machines", ["-m", "fresh", *sorted(files)], folder, False, {**everything, "FUNNEL_FRESH_KEEP": kept},
                    FRESH_TIMEOUT)
        newer = os.path.join(kept, f"funnel_{GUESTS_TOO}.deb")
        if os.path.exists(newer):
            self.pytest(f"guests of {GUESTS_TOO}",
                        [os.path.join(build.TOP, "tests/integration", f"test_systemd_{name}.py") for name in GUEST_TESTS],
                        folder, False, {"FUNNEL_GUEST_SUITE": GUESTS_TOO, "FUNNEL_PACKAGE": newer})

    # Parsers

    def corpora(self, folder, sanitized):
        """Every fuzz target over its corpus."""
        for target in programs(folder, "replay-"):
            name = os.path.basename(target)
            if self.wanted(name):
                self.one(name + (" (sanitized)" if sanitized else ""),
                         [target, os.path.join(CORPORA, name.removeprefix("replay-"))], folder, sanitized)

    def fuzz(self, folder):
        """Every target for a minute, from its corpus; what it finds is shown."""
        for target in programs(folder, "fuzz-"):
            name = os.path.basename(target)
            if self.wanted(name):
                found = os.path.join(self.scratch, name)
                os.makedirs(found)
                self.one(f"{name} for {FUZZ_SECONDS} s",
                         [target, f"-max_total_time={FUZZ_SECONDS}", f"-artifact_prefix={self.scratch}/", found,
                          os.path.join(CORPORA, name.removeprefix("fuzz-"))], folder, False)

    def tidy(self, folder):
        """What clang-tidy sees and no compiler does (tidy.py)."""
        if self.wanted("clang-tidy"):
            self.one("clang-tidy", [sys.executable, "-B", os.path.join(build.TOP, "tests/tools/tidy.py"), folder], folder, False)

    def one(self, name, command, folder, sanitized):
        done = subprocess.run([*DIE_WITH_US, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.scratch, text=True, errors="replace",
                              env=self.environment(folder, sanitized), check=False)
        if done.returncode == 0:
            self.totals.passed += 1
        else:
            self.totals.failed.append(name)
            print("\n".join(done.stdout.splitlines()[-60:]), flush=True)
        self.say(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}")

    def all_but_unit(self, folder, sanitized, before_alone=lambda: None):
        self.corpora(folder, sanitized)
        self.integration(folder, sanitized, before_alone)

    def sanitized(self, background):
        folder = background.wait(self.say)
        if folder:
            self.unit(folder, sanitized=True)
            self.all_but_unit(folder, sanitized=True)
        else:
            self.totals.failed.append(f"{background.name}: does not build")

    def run(self):
        arguments = self.arguments
        plain = None if arguments.sanitize else self.build("build", LONG_OPTIONS if arguments.long else [])
        if arguments.fresh:
            if plain:  # which meets the version before
                self.fresh(plain)
            return
        if plain:
            self.unit(plain, sanitized=False)
        if arguments.units:
            return
        background = None
        if arguments.sanitize or not arguments.only:
            background = BackgroundBuild(SANITIZED_FOLDER, SANITIZED_OPTIONS, self.scratch, DIE_WITH_US)
        if plain:
            # What measures time has the processors to itself.
            self.all_but_unit(plain, sanitized=False, before_alone=lambda: background and background.wait(self.say))
            self.fresh(plain)
        if arguments.long and not arguments.sanitize:
            folder = self.build("build-fuzz", ["-Dunity=off", "-Dfuzz=true", "-Dtests=false", "-Dbench=false",
                                               "-Db_sanitize=address,undefined", "-Db_lundef=false"],
                                {"CXX": "clang++-19"}, ["fuzz-targets"])
            if folder:
                self.fuzz(folder)
            if plain:
                self.tidy(plain)
        if background:
            self.sanitized(background)


def programs(folder, prefix):
    found = sorted(glob.glob(os.path.join(folder, "tests/fuzz", prefix + "*")))
    return [path for path in found if os.path.isfile(path) and os.access(path, os.X_OK)]


def main():
    parser = argparse.ArgumentParser(prog="run-tests")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--units", action="store_true")
    parser.add_argument("--only", action="extend", nargs="+", default=[], metavar="PATTERN")
    arguments = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="funnel-tests-")

    def interrupted(number, _frame):
        """All that runs dies with us (DIE_WITH_US)."""
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, interrupted)
    runner = Runner(arguments, scratch)
    try:
        runner.run()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    runner.totals.print_end()
    sys.exit(1 if runner.totals.failed or runner.totals.passed == 0 else 0)


main()
