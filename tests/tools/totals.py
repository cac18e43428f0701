"""What ./run-tests has counted, from the JUnit files of its programs."""
import xml.etree.ElementTree


class Totals:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.expected = []  # failed, as tests/unit/expected_failures.h says they must

    def add_junit(self, path, where):
        """Counts one JUnit file; returns a summary for the progress line."""
        before = self.passed, len(self.failed), len(self.skipped), len(self.expected)
        for case in xml.etree.ElementTree.parse(path).iter("testcase"):
            name = f"{where}: {case.get('classname')}.{case.get('name')}"
            skipped = case.find("skipped")
            expected = case.find("properties/property[@name='expected_failure']")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif skipped is not None:
                reason = (skipped.get("message") or skipped.text or "").strip().splitlines()
                self.skipped.append(f"{name}: {reason[-1] if reason else 'no reason given'}")
            elif expected is not None:
                self.expected.append(f"{name}: {expected.get('value')}")
            elif case.get("status") != "notrun":
                self.passed += 1
        now = self.passed, len(self.failed), len(self.skipped), len(self.expected)
        passed, failed, skipped, expected = (after - then for then, after in zip(before, now))
        return (f"{passed} passed" + (f", {failed} FAILED" if failed else "") + (f", {skipped} skipped" if skipped else "")
                + (f", {expected} failed as expected" if expected else ""))

    def print_end(self):
        for reason in self.skipped:
            print(f"skipped: {reason}")
        for reason in self.expected:
            print(f"failed as expected: {reason}")
        for name in self.failed:
            print(f"failed: {name}")
        line = f"{self.passed} passed, {len(self.failed)} failed"
        print(line + (f", {len(self.skipped)} skipped" if self.skipped else "")
              + (f", {len(self.expected)} failed as expected" if self.expected else ""), flush=True)
