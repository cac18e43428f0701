"""The model of handshake, downgrade and rekey (tests/model/handshake.pml) in all its states, by Spin."""
import os
import re
import subprocess

import pytest

MODEL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "model", "handshake.pml")
BROKEN = ("NO_PROOF", "NO_HOLD", "NO_BINDING", "REKEY_UNBOUND")
REACHED = ("REACH_REKEY", "REACH_OLD", "REACH_CHOICE")


def check(folder, *defines):
    """Spin's report on all states of the model. There are so few that compiling takes longer than looking at them."""
    for command in (["spin", *(f"-D{name}" for name in defines), "-a", MODEL],
                    ["gcc", "-O0", "-DSAFETY", "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    done = subprocess.run(["./pan", "-E", "-m100000"], cwd=folder, check=True, text=True, stdout=subprocess.PIPE, timeout=300)
    assert "max search depth too small" not in done.stdout
    return done.stdout


def errors(said):
    return int(re.search(r"errors: (\d+)", said).group(1))


def test_no_run_breaks_an_assertion(tmp_path):
    said = check(tmp_path)
    assert errors(said) == 0, said
    assert int(re.search(r"(\d+) states, stored", said).group(1)) > 100, said


@pytest.mark.parametrize("define", BROKEN)
def test_a_broken_variant_is_found_out(tmp_path, define):
    said = check(tmp_path, define)
    assert errors(said) == 1 and "assertion violated" in said, said


@pytest.mark.parametrize("define", REACHED)
def test_what_should_come_about_can(tmp_path, define):
    said = check(tmp_path, define)
    assert errors(said) == 1 and "assertion violated" in said, said
