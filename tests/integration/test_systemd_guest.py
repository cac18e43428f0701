"""The guests themselves: systemd as PID 1, a link between them, nothing left behind.

    guest a "branch"  ====== lan ======  guest b "hoster"
"""
import os
import time

import pytest

import lab
from lab.guest import Guest
from lab.netns import ADDRESSES

pytestmark = pytest.mark.usefixtures("guests")


@pytest.fixture(scope="module")
def pair():
    workspace = lab.Workspace()
    network = lab.Network(workspace)
    made = {letter: Guest(workspace, network, letter, f"guest-{letter}") for letter in ("a", "b")}
    try:
        for one in made.values():
            one.start()
        yield made
    finally:
        for one in made.values():
            one.remove()
        network.stop()
        workspace.remove()


def test_systemd_runs_without_a_failed_unit(pair):
    for letter, one in pair.items():
        assert one.run("cat", "/proc/1/comm").stdout == "systemd\n"
        assert one.run("hostname").stdout == f"guest-{letter}\n"
        assert one.systemctl("list-units", "--failed", "--plain", "--no-legend").stdout == ""


def test_units_have_users_and_sandboxes_of_their_own(pair):
    done = pair["a"].run("systemd-run", "--quiet", "--wait", "--pipe", "-p", "DynamicUser=yes", "-p", "User=funnel-u-x",
                         "-p", "PrivateNetwork=yes", "sh", "-c",
                         "id -un; tail -n +3 /proc/net/dev | wc -l; : >/etc/x || echo refused", check=False)
    assert done.stdout.split()[:2] == ["funnel-u-x", "1"]
    assert "Read-only file system" in done.stdout


def test_each_reaches_the_other_over_the_link(pair):
    pair["b"].write("/etc/systemd/system/answer.socket", f"[Socket]\nListenStream={ADDRESSES['b']}:7\nAccept=yes\n")
    pair["b"].write("/etc/systemd/system/answer@.service",
                    "[Service]\nExecStart=hostname\nStandardInput=socket\nStandardOutput=socket\n")
    pair["b"].systemctl("start", "answer.socket")
    done = pair["a"].run("bash", "-c", f"cat < /dev/tcp/{ADDRESSES['b']}/7")
    assert done.stdout == "guest-b\n"


def test_what_one_writes_is_its_own(pair):
    pair["a"].shell("echo mine >/etc/mine; rm -r /usr/share/bash-completion")
    assert not os.path.exists(pair["b"].path("/etc/mine"))
    assert os.path.exists(pair["b"].path("/usr/share/bash-completion"))


def test_a_guest_starts_again_in_a_moment_with_its_files(pair):
    one = pair["a"]
    one.shell("echo kept >/etc/kept")
    one.stop()
    began = time.monotonic()
    one.start()
    took = time.monotonic() - began
    assert one.run("cat", "/etc/kept").stdout == "kept\n"
    assert took < 15, f"{took:.1f} s"
