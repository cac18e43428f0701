"""Each log event that an administrator must act on has a MESSAGE_ID, and an entry in the catalog that says what to do.

    Log(level, "event", ...) in the sources -- common/base/message_ids.cc -- catalog/funnel.catalog -- journalctl -x
"""
import glob
import os
import re
import shutil
import socket
import subprocess

import pytest

import manual
from lab.base import run

CATALOG = os.path.join(manual.TOP, "catalog", "funnel.catalog")
TABLE = os.path.join(manual.TOP, "common", "base", "message_ids.cc")
# Warnings that no administrator needs to act on.
FOR_NOBODY = {"client-lost"}


def sources():
    paths = [path for folder in ("common", "funnel-*") for path in glob.glob(f"{manual.TOP}/{folder}/**/*.cc",
                                                                           recursive=True) if path != TABLE]
    return [manual.read(path) for path in sorted(paths)]


@pytest.fixture(scope="module")
def table():
    """{event: id}, in order."""
    rows = re.findall(r'\{"([a-z-]+)",\s*"([0-9a-f]+)"\}', manual.read(TABLE))
    assert len(dict(rows)) == len(rows) > 30
    return dict(rows)


def test_ids_are_128_bits_and_differ(table):
    assert all(re.fullmatch("[0-9a-f]{32}", number) for number in table.values())
    assert len(set(table.values())) == len(table)


def test_catalog_has_an_entry_for_each_event(table):
    entries = re.findall(r"^# ([a-z-]+)\n-- ([0-9a-f]+)\nSubject: \S.*\nDefined-By: Funnel\nDocumentation: man:\S+\n\n\S",
                         manual.read(CATALOG), re.MULTILINE)
    assert dict(entries) == table and len(entries) == len(table)


def test_events_are_in_the_sources(table):
    text = "".join(sources())
    assert [event for event in table if f'"{event}"' not in text] == []


def test_every_warning_says_what_to_do_about_it(table):
    logged = set()
    for text in sources():
        for call in re.findall(r"\bLog\(([^;]*?);", text):
            if re.search(r"LogLevel::k(Warning|Error)", call):
                # The event is the argument behind the level: one literal, or a choice of two.
                event = call.split(",")[1]
                logged.update(re.findall(r'"([a-z-]+)"', event))
    # channel-ended is what the other of two levels logs.
    unexplained = logged - set(table) - FOR_NOBODY - {"channel-ended"}
    assert not unexplained, f"{unexplained}: a row in {TABLE} and an entry in {CATALOG}, or FOR_NOBODY above"


def test_journalctl_takes_the_catalog(table, tmp_path):
    folder = tmp_path / "usr" / "lib" / "systemd" / "catalog"
    folder.mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    done = run(["journalctl", f"--root={tmp_path}", "--update-catalog"])
    assert done.stdout == ""
    listed = run(["journalctl", f"--root={tmp_path}", "--dump-catalog"]).stdout
    assert set(re.findall(r"^-- ([0-9a-f]{32})$", listed, re.MULTILINE)) == set(table.values())


def test_journal_gets_the_id(build, table, tmp_path):
    """A daemon whose stderr is the journal, which here is a socket of ours, starts with a broken configuration."""
    (tmp_path / "funnel.conf").write_text("[node]\nnme = x\n")
    log = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal, open(log, "wb") as stderr:
        journal.bind(str(tmp_path / "socket"))
        journal.settimeout(10)
        about = os.fstat(stderr.fileno())
        daemon = os.path.join(build, "funnel-sctpd", "funnel-sctpd")
        subprocess.run(["unshare", "--mount", "sh", "-c",
                        'mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"', tmp_path,
                        daemon, "--config", tmp_path], stderr=stderr, check=False,
                       env={**os.environ, "JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"})
        fields = journal.recv(65536).decode(errors="replace")
    assert f"MESSAGE_ID={table['configuration']}\n" in fields and "FUNNEL_EVENT=configuration\n" in fields
    assert log.read_text() == ""
