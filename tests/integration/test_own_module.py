"""A module that is no part of Funnel: examples/module, built as its README says, against the header as the package installs it.

    examples/module/notes.c, include/funnel/module.h -> notes.so -> funnelctl modules, funnelctl check
"""
import json
import os
import shutil
import subprocess

import pytest

import conftest

EXAMPLE = os.path.join(conftest.TOP, "examples", "module")


def command_of_readme():
    with open(os.path.join(EXAMPLE, "README"), encoding="utf-8") as file:
        (line,) = (line.strip() for line in file if line.strip().startswith("cc "))
    return line


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """A folder with what the README's command makes. The header lies where its package has it."""
    folder = tmp_path_factory.mktemp("own")
    include = folder / "include" / "funnel"
    include.mkdir(parents=True)
    shutil.copy(os.path.join(conftest.TOP, "modules", "module.h"), include)
    modules = folder / "modules"
    modules.mkdir()
    command = command_of_readme().replace("-o notes.so", f"-Wextra -Werror -I{include.parent} -o {modules}/notes.so")
    done = subprocess.run(command.split(), cwd=EXAMPLE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0 and done.stdout == ""
    for path, mode in ((folder, 0o755), (modules, 0o755), (modules / "notes.so", 0o644)):
        path.chmod(mode)
    return str(modules)


def test_it_is_listed_with_its_option(build, modules):
    done = subprocess.run([os.path.join(build, "funnelctl", "funnelctl"), "modules", "--json", "--modules", modules], text=True,
                          stdout=subprocess.PIPE, check=True)
    (notes,) = json.loads(done.stdout)["modules"]
    assert (notes["module"], notes["reason"], notes["connections"], notes["datagrams"]) == ("notes", None, True, False)
    assert [one["option"] for one in notes["options"]] == ["strict-words"]
