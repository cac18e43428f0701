"""The manual pages are right mdoc(7), and describe options, keys and commands as the programs do.

    man/*, build/man/* -> mandoc -Tlint;  --help and help-config of the programs just built
"""
import os
import re
import subprocess

import pytest

import manual

DAEMONS = ("funnel-authd", "funnel-sctpd", "funnel-udpd", "funnel-tcpd")
EXPECTED = {"funnel.7", "funnel.conf.5", "funnelctl.1", "funnel-metrics.7", "funnel-modules.7", "funnel-protocol.7", "funnel-run.1", "funnel-exec.8",
            *(name + ".8" for name in DAEMONS)}
# Whether a page of another package is installed here says nothing of ours.
ELSEWHERE = re.compile(r"referenced manual not found")


@pytest.fixture(scope="module")
def pages(build):
    return manual.pages(build)


def output(build, program, *arguments):
    path = os.path.join(build, program, program)
    return subprocess.run([path, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def options_in(text):
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))


def options_of_page(page):
    return {"--" + name for name in re.findall(r"Fl Fl ([a-z-]+)", manual.read(page))}


def test_every_page_is_there(pages):
    assert EXPECTED <= set(pages)


def test_pages_are_clean(pages):
    done = subprocess.run(["mandoc", "-Tlint", "-Wall", *pages.values()], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    complaints = [line for line in done.stdout.splitlines() if not ELSEWHERE.search(line)]
    assert complaints == []


def test_pages_refer_to_pages_that_exist(pages):
    for path in pages.values():
        for name, section in re.findall(r"^\.(?:It )?Xr (funnel\S*) (\d)", manual.read(path), re.MULTILINE):
            assert f"{name}.{section}" in pages, f"{path} refers to {name}({section})"


@pytest.mark.parametrize("daemon", DAEMONS)
def test_page_of_a_daemon_has_its_options(build, pages, daemon):
    page = pages[daemon + ".8"]
    assert options_of_page(page) == options_in(output(build, daemon, "--help"))
    for heading in ("SYNOPSIS", "ENVIRONMENT", "FILES", "SIGNALS", "EXIT STATUS", "EXAMPLES", "DIAGNOSTICS"):
        assert f"\n.Sh {heading}\n" in manual.read(page)


def commands_of_help(build):
    listed = output(build, "funnelctl", "--help").partition("Commands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)


def test_page_of_funnelctl_has_every_command_and_option(build, pages):
    page = pages["funnelctl.1"]
    commands = commands_of_help(build)
    assert re.findall(r"^\.It Cm ([a-z-]+)", manual.read(page), re.MULTILINE) == commands and commands
    for command in commands:
        missing = options_in(output(build, "funnelctl", command, "--help")) - options_of_page(page)
        assert not missing, f"{command}: {missing}"


def test_commands_that_are_recommended_exist(build, pages):
    """In the pages, the catalog, the alert rules, and the examples."""
    places = [*pages.values(), *(os.path.join(manual.TOP, *path.split("/")) for path in (
        "catalog/funnel.catalog", "contrib/prometheus/funnel.rules.yml", "examples/README", "README.md", "SECURITY.md"))]
    prose = {"and", "can", "does", "is", "itself", "may", "says", "was"}
    for path in places:
        named = set(re.findall(r"\bfunnelctl`? (?:Cm )?([a-z][a-z-]+)", manual.read(path, "utf-8")))
        missing = named - prose - set(commands_of_help(build))
        assert not missing, f"{path}: {missing}"


def test_every_metric_is_in_its_page(build, pages):
    listed = [line.split("\t")[0] for line in output(build, "funnelctl", "metrics", "--list").splitlines()]
    assert re.findall(r"^\.It Li (funnel_\w+)", manual.read(pages["funnel-metrics.7"]), re.MULTILINE) == listed


def keys_of_help(build):
    """[(section, key)] in the order in which funnelctl help-config lists them."""
    found, section = [], None
    for line in output(build, "funnelctl", "help-config").splitlines():
        if line.startswith("["):
            section = line
        elif re.match(r"  [a-z-]+ = ", line):
            found.append((section, line.split()[0]))
    return found


def keys_of_page(path):
    found, section = [], None
    for line in manual.read(path).splitlines():
        if line.startswith(".Ss ["):
            section = line.split()[1]
        elif line.startswith(".It Ic "):
            found.append((section, line.split()[2]))
    return found


def test_every_key_is_in_the_page_of_the_configuration(build, pages):
    page = pages["funnel.conf.5"]
    listed = keys_of_help(build)
    assert keys_of_page(page) == listed and len(listed) > 60
    assert len(re.findall(r"since\s\d", manual.read(page))) == len(listed)
