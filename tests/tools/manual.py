"""What the manual pages hold, for the tests: which pages there are, and the parts of funnel.7 that are marked to be
followed literally.

    .\\" quickstart: branch1            .\\" file: dns/hoster/funnel.conf
    .Bd -literal -offset indent        .Bd -literal -offset indent
    apt install ...                    [node]
    .Ed                                .Ed
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
    """The commands that `node` ("hoster" or "branch1") is told to run, as one shell script for each step."""
    return [block.text for block in blocks("quickstart") if block.where in (node, "both")]
