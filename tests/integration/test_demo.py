"""./demo/lossy-page with few pictures, as somebody runs it: a real browser, TCP beside Funnel with its http2 module, a table, a film."""
import os
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WAYS = ("TCP, BBR", "Funnel, http2")
NEEDED = ("chromium", "nghttpx", "nginx", "h2load")


def made_by_others():
    """Namespaces that have a name, and folders of the demonstration."""
    return sorted(os.listdir("/run/netns") if os.path.isdir("/run/netns") else []) + sorted(
        name for name in os.listdir("/tmp") if name.startswith("funnel-lossy-page-"))


def test_a_page_by_each_way(build, tmp_path):
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed (section demo of packages): {', '.join(missing)}")
    before = made_by_others()
    done = subprocess.run(["/usr/bin/python3", "-B", os.path.join(TOP, "demo", "outside.py"), "--output", tmp_path, "--pictures", "6",
                           "--rounds", "1", "--ways", "tcp-bbr,funnel"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=240, check=False, env={**os.environ, "FUNNEL_BUILD": build})
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    ways = [way for way in WAYS if f"{way}: this kernel has no" not in done.stdout]
    assert "Funnel, http2" in ways and "messages overtook others" in done.stdout
    with open(tmp_path / "lossy-page.txt", encoding="utf-8") as text:
        table = text.read()
    for way in ways:
        row = next(line for line in table.splitlines() if line.startswith(way))
        assert row.count(" s") == 8, row
    with open(tmp_path / "lossy-page.html", encoding="utf-8") as player:
        page = player.read()
    assert all(f'"{way}": [[' in page for way in ways) and "data:image/jpeg;base64," in page
    with open(tmp_path / "lossy-page.png", "rb") as strip:
        assert strip.read(8) == b"\x89PNG\r\n\x1a\n"
    assert made_by_others() == before
