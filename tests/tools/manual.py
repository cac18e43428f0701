"""What the manual pages hold, for the tests: which pages there are, and the parts of funnel.7 and README.md that are marked
to be followed literally.

    .\\" quickstart: branch1            .\\" file: dns/hoster/funnel.conf
    .Bd -literal -offset indent        .Bd -literal -offset indent
    apt install ...                    [node]
    .Ed                                .Ed

    README.md:  <!-- run: hoster -->   What it is for, `/etc/funnel/funnel.conf`:
                    kadmin ...
                                       <!-- file: hoster -->
                                       ```ini
                                       [node] ...
                                       ```
"""
import glob
import os
import re
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ESCAPES = {r"\e": "\\", r"\(aq": "'", r"\(dq": '"', r"\-": "-", r"\&": ""}


@dataclass
class Block:
    kind: str  # "quickstart" or "file"
    where: str  # the node ("both", "hoster", "branch1"), or the file below examples/
    text: str


def pages(build):
    """Paths of all pages, those that are made at build time included, by name ("funnel.7")."""
    found = glob.glob(os.path.join(TOP, "man", "*.[1-8]")) + glob.glob(os.path.join(build, "man", "*.[1-8]"))
    return {os.path.basename(path): path for path in sorted(found)}


def read(path, encoding="ascii"):
    with open(path, encoding=encoding) as page:
        return page.read()


def unescape(text):
    return re.sub(r"\\(e|\(aq|\(dq|-|&)", lambda found: ESCAPES[found[0]], text)


def blocks(kind, page=os.path.join(TOP, "man", "funnel.7")):
    """The marked blocks of one kind, in the page's order."""
    pattern = rf'^\.\\" {kind}: (\S+)\n\.Bd -literal.*\n((?:.*\n)*?)\.Ed$'
    return [Block(kind, where, unescape(text)) for where, text in re.findall(pattern, read(page), re.MULTILINE)]


def quickstart(node):
    """The commands that `node` ("hoster" or "branch1") is to run, as one shell script for each step."""
    return [block.text for block in blocks("quickstart") if block.where in (node, "both")]


def readme_steps(node):
    """What README.md says that `node` has to do, in its order: ("run", script), or ("file", path, text)."""
    marked = (r"<!-- run: (?P<runs>\S+) -->\n(?P<script>(?: {4}.*\n)+)"
              r"|`(?P<path>/etc/\S+)`:\n\n<!-- file: (?P<has>\S+) -->\n```ini\n(?P<text>(?:.*\n)*?)```\n")
    steps = []
    for found in re.finditer(marked, read(os.path.join(TOP, "README.md"), "utf-8")):
        if found["script"] and found["runs"] in (node, "both"):
            steps.append(("run", found["script"]))
        elif found["path"] and found["has"] == node:
            steps.append(("file", found["path"], found["text"]))
    return steps
