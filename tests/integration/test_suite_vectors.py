"""Keys and frames of suites above 1, computed a second way: what the unit tests compare with, and what the manual shows."""
import os

import suite_vectors

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def test_another_implementation_has_the_same_vectors():
    with open(os.path.join(ROOT, "tests/unit/seal/suite_vectors.txt"), encoding="ascii") as file:
        assert suite_vectors.text() == file.read()


def test_the_manual_shows_them():
    with open(os.path.join(ROOT, "man/funnel-protocol.7"), encoding="utf-8") as file:
        manual = file.read().split(".Ss Vectors")[1].split(".Ed")[0]
    shown = dict(_shown(manual))
    known = {name: value.hex() for name, value in suite_vectors.lines()}
    assert len(shown) > 15 and {"suite 2 initiator key", "suite 4 initiator frame 258"} <= set(shown)
    assert {name: known.get(name) for name in shown} == shown


def _shown(text):
    """Names, each with the lines of hexadecimal that are indented below it."""
    name, value = None, ""
    for line in text.splitlines() + ["end"]:
        if line.startswith("    "):
            value += line.strip()
            continue
        if value:
            yield name, value
        name, value = line, ""
