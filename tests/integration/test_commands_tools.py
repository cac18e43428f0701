"""Programs that know nothing of us, and have a command of their own run at the far end, as they do by ssh.

    branch (a)                                                               hoster (b)
    git clone == funnel-run == funnel-tcpd@any == lan, 1 % lost == funnel-tcpd@any == funnel-exec == git upload-pack
    rsync     == funnel-run == funnel-tcpd@any ==      "        == funnel-tcpd@any == funnel-exec == rsync --server
"""
import os

import pytest

import lab

SERVICE = lab.Service("any", "command", (), None, listen_section={"allow-users": "root"},
                      connect_section={"exec": "/usr/bin/env", "user": "daemon", "arguments": "yes"})
FILES = 50


@pytest.fixture(scope="module")
def tunnel(make_tunnel):
    made = make_tunnel([SERVICE]).prepare().start().wait_up()
    made.network.drop(0.01)
    yield made
    made.network.pass_all()


@pytest.fixture
def home(tunnel, request):
    """A folder of the user who runs commands at the hoster."""
    return tunnel.workspace.folder(request.node.name, tunnel.b.uid("funnel-exec@any"))


def fill(tunnel, folder):
    for number in range(FILES):
        lab.base.write_file(os.path.join(folder, f"file{number}"), os.urandom(20000).hex(), tunnel.b.uid("funnel-exec@any"))


def funnel_run(tunnel):
    return f"{tunnel.a.path('funnel-run')} --run {tunnel.a.run}"


def test_git_clones(tunnel, home):
    environment = {**os.environ, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*words):
        return lab.base.run(["git", "-C", home, "-c", "user.name=x", "-c", "user.email=x@x", *words], uid=tunnel.b.uid("funnel-exec@any"),
                            env=environment)
    git("init", "-q", "tree")
    fill(tunnel, os.path.join(home, "tree"))
    git("-C", "tree", "add", ".")
    git("-C", "tree", "commit", "-q", "-m", "all")
    lab.base.run(["git", "-c", "protocol.ext.allow=always", "clone", "-q", f"ext::{funnel_run(tunnel)} any git upload-pack {home}/tree",
                  f"{home}/copy"], env=environment)
    assert lab.base.run(["diff", "-r", "--exclude=.git", f"{home}/tree", f"{home}/copy"]).stdout == ""


def test_rsync_copies_both_ways(tunnel, home, tmp_path):
    fill(tunnel, tunnel.workspace.folder("tree", tunnel.b.uid("funnel-exec@any")))
    tree = os.path.join(tunnel.workspace.path, "tree")

    def rsync(source, target):
        return lab.base.run(["rsync", "-rlpt", "--delete", "-e", funnel_run(tunnel), source, target], timeout=120)
    rsync(f"{tree}/", f"any:{home}/there")
    rsync(f"any:{home}/there/", f"{tmp_path}/back")
    assert lab.base.run(["diff", "-r", tree, f"{home}/there"]).stdout == lab.base.run(["diff", "-r", tree, f"{tmp_path}/back"]).stdout == ""

    # What has changed only, and what has gone.
    os.unlink(os.path.join(tree, "file0"))
    lab.base.write_file(os.path.join(tree, "file1"), "changed", tunnel.b.uid("funnel-exec@any"))
    rsync(f"{tree}/", f"any:{home}/there")
    assert lab.base.run(["diff", "-r", tree, f"{home}/there"]).stdout == ""
