"""What no compiler looks at: names in the Python of the tests, the tools and the benchmark; the layout of the C++; its classes' names;
how long files and functions are."""
import collections
import json
import os
import re
import subprocess

import conftest
import pytest

FOLDERS = ("tests", "bench", "demo", "examples", "contrib")
# One version, which Debian 12 and 13 both have: others lay out a few things differently.
CLANG_FORMAT = "clang-format-19"


def is_python(path):
    if path.endswith(".py"):
        return True
    with open(path, "rb") as file:
        first = file.readline()
    return first.startswith(b"#!") and b"python" in first


def files_below(*folders):
    for folder in folders:
        for path, _, names in os.walk(os.path.join(conftest.TOP, folder)):
            yield from (full for full in (os.path.join(path, name) for name in names) if os.path.isfile(full))


def python_files():
    return filter(is_python, files_below(*FOLDERS))


def cpp_files():
    folders = (name for name in os.listdir(conftest.TOP) if not name.startswith((".", "build")))
    return (path for path in files_below(*folders) if path.endswith((".h", ".cc")))


def test_python_has_no_names_that_nobody_made():
    files = sorted(python_files())
    assert len(files) > 100 and os.path.join(conftest.TOP, "bench/run") in files
    done = subprocess.run(["pyflakes3", *files], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout


def test_cpp_is_laid_out_by_clang_format():
    files = sorted(cpp_files())
    assert len(files) > 800 and os.path.join(conftest.TOP, "common/base/log.h") in files
    done = subprocess.run([CLANG_FORMAT, "--dry-run", *files], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    wrong = sorted({line.split(":")[0] for line in done.stdout.splitlines() if "[-Wclang-format-violations]" in line})
    assert (wrong, done.returncode) == ([], 0), f"{CLANG_FORMAT} -i changes these"


NAMESPACE = re.compile(r"(?:inline )?namespace\s*([\w:]*)\s*\{\s*(\})?")
CLASS = re.compile(r"(?:template <.*>\s*)?(?:struct|class|union|enum|enum class)\s+(?:\[\[\w+\]\]\s*)?(\w+)(?:\s*final)?\s*(?::[^:].*)?\{")


def classes_by_name(files):
    """Every class that others than its own file see: its name with namespaces -> the files that define it. (clang-format begins
    namespaces, their ends and what they hold in column 1.)"""
    found = collections.defaultdict(set)
    for path in files:
        spaces = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                if space := NAMESPACE.match(line):
                    if not space[2]:
                        spaces.append(space[1])
                elif line.startswith("}  // namespace"):
                    spaces.pop()
                elif (defined := CLASS.match(line)) and "" not in spaces:
                    found["::".join([*spaces, defined[1]])].add(path)
    return found


def test_no_two_classes_have_one_name():
    """Two of one name make one program use the destructor of the other's ("one definition rule"); the compiler sees neither file
    with the other."""
    found = classes_by_name(cpp_files())
    assert len(found) > 500 and "funnel::wire::Channel" in found
    assert {name: sorted(paths) for name, paths in found.items() if len(paths) > 1} == {}


MOST_LINES_OF_A_FILE = 300


def test_no_file_is_longer_than_its_limit():
    """Of the product, the tests and the benchmark alike."""
    lines = {}
    for path in [*cpp_files(), *python_files()]:
        with open(path, encoding="utf-8") as file:
            lines[os.path.relpath(path, conftest.TOP)] = len(file.readlines())
    assert len(lines) > 900 and "bench/run" in lines and "tests/tools/run_tests.py" in lines
    assert {path: count for path, count in lines.items() if count > MOST_LINES_OF_A_FILE} == {}


MOST_LINES = 80


def functions(lines):
    """(first line, number of lines) of each function that begins in column 1, as clang-format has them; their ends are a '}' alone."""
    begin = None
    for number, line in enumerate(lines):
        if re.match(r"[A-Za-z_~]", line):
            begin = number
        elif line == "}" and begin is not None:
            yield lines[begin], number - begin + 1


def test_no_function_is_longer_than_its_limit():
    found = []
    for path in cpp_files():
        with open(path, encoding="utf-8") as file:
            found += [(os.path.relpath(path, conftest.TOP), *one) for one in functions(file.read().splitlines())]
    assert len(found) > 5000
    assert [one for one in found if one[2] > MOST_LINES] == []


INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def test_modules_see_one_header_of_funnel_only():
    files = [path for path in cpp_files() if path.startswith(os.path.join(conftest.TOP, "modules") + os.sep)]
    assert files
    wrong = {}
    for path in files:
        name = os.path.relpath(path, conftest.TOP)
        with open(path, encoding="utf-8") as file:
            included = INCLUDE.findall(file.read())
        own = (os.path.dirname(name) + "/", "modules/common/")
        wrong |= {name: one for one in included if one != "modules/module.h" and not one.startswith(own)}
    assert not wrong


ALIAS = re.compile(r"using (\w+) =")
CONSTANT = re.compile(r"(?:inline |static |constexpr |const |thread_local )+\w")
CONSTANT_NAME = re.compile(r"\b(k[A-Z]\w*|g_\w+)\s*(?:=(?!=)|\{|\[)")
FUNCTION = re.compile(r"(?:\[\[\w+\]\] )?(?!namespace|using|return|template|static_assert|typedef)[A-Za-z_][^;{}=]*?\b\w+\([^;{}]*\)(?: const)?(?: noexcept)? \{")


def private_names(path):
    """What PATH defines for itself, in namespaces without a name: classes, constants, functions with what they take; with the
    namespace around it. And what it is: two aliases of one type do no harm."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for private in re.finditer(r"^namespace \{\n(.*?)^\}  // namespace$", text, re.M | re.S):
        around = "::".join(space[1] for space in map(NAMESPACE.match, text[:private.start()].splitlines()) if space and not space[2])
        for line in private[1].splitlines():
            if defined := CLASS.match(line):
                yield (around, defined[1]), path
            elif alias := ALIAS.match(line):
                yield (around, alias[1]), line
            elif CONSTANT.match(line):
                yield from (((around, name), path) for name in CONSTANT_NAME.findall(line))
        for function in re.findall(r"^[^\s}#/].*?(?:[{;]$|\}$)", private[1], re.M | re.S):
            if FUNCTION.match(function):
                yield (around, " ".join(function[:function.index("{")].split())), path


def test_files_of_one_target_have_no_private_names_in_common(build):
    """What is true where each library and program is compiled in one piece, is found here where it is not."""
    options = subprocess.run(["meson", "introspect", build, "--buildoptions"], text=True, stdout=subprocess.PIPE, check=True)
    if any(one["name"] == "unity" and one["value"] == "on" for one in json.loads(options.stdout)):
        pytest.skip("compiled in one piece: the compiler has looked")
    done = subprocess.run(["meson", "introspect", build, "--targets"], text=True, stdout=subprocess.PIPE, check=True)
    clashes, names = set(), 0
    for target in json.loads(done.stdout):
        found = collections.defaultdict(set)
        for path in {one for part in target["target_sources"] for one in part.get("sources", ()) if one.endswith(".cc")}:
            for name, meaning in private_names(path):
                found[name].add(meaning)
        names += len(found)
        clashes.update((name, *sorted(meanings)) for name, meanings in found.items() if len(meanings) > 1)
    assert names > 2000
    assert sorted(clashes) == []
