"""What no compiler looks at: the Python of the tests, the tools and the benchmark."""
import os
import subprocess

import conftest

FOLDERS = ("tests", "bench", "examples", "contrib")


def is_python(path):
    if path.endswith(".py"):
        return True
    with open(path, "rb") as file:
        first = file.readline()
    return first.startswith(b"#!") and b"python" in first


def python_files():
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(conftest.TOP, folder)):
            yield from (full for full in (os.path.join(path, name) for name in names) if os.path.isfile(full) and is_python(full))


def test_python_has_no_names_that_nobody_made():
    files = sorted(python_files())
    assert len(files) > 100 and os.path.join(conftest.TOP, "bench/run") in files
    done = subprocess.run(["pyflakes3", *files], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
