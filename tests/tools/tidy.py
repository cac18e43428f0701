"""What clang-tidy-19 sees and no compiler does (.clang-tidy), some 2 s of CPU a file:  tidy.py FOLDER [PART...]

FOLDER was built; PART is a part of a file's path (all of CHECKED by default). Where INCLUDES says so, also headers are looked at, each by
itself, as clang-tidy judges the includes of the file only that it was asked for. Ends with 1 if something was found.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKED = ("common/", "funnel-authd/", "funnel-exec/", "funnel-run/", "funnel-sctpd/", "funnel-tcpd/", "funnel-udpd/", "funnelctl/", "modules/", "sctp/", "units/")
# Where no include is without a use; what is not in here yet was not looked at.
INCLUDES = CHECKED
INCLUDE_CHECK = "misc-include-cleaner"
FINDING = re.compile(r"^(\S+?)(:\d+:\d+: (?:warning|error): .*) \[([\w.,-]+)\]$")
# Version 19 cannot look for includes without a use alone. What comes by way of another include is left as it is.
INDIRECT = re.compile(r"no header providing \"")


def files(folder, parts):
    """Those that FOLDER compiles, and headers."""
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as stream:
        compiled = {os.path.realpath(os.path.join(one["directory"], one["file"])) for one in json.load(stream)}
    headers = {os.path.join(where, name) for part in INCLUDES for where, _, names in os.walk(os.path.join(TOP, part))
               for name in names if name.endswith(".h")}
    for path in sorted(compiled | headers):
        inside = os.path.relpath(path, TOP)
        if any(part in inside for part in parts) if parts else inside.startswith(CHECKED):
            yield path


def findings(folder, output):
    """The lines of OUTPUT that say what is wrong; paths in them may be FOLDER's."""
    found = []
    for line in output.splitlines():
        match = FINDING.match(line)
        if match and not (match[3].startswith(INCLUDE_CHECK) and INDIRECT.search(match[2])):
            path = os.path.relpath(os.path.join(folder, match[1]), TOP)
            found.append(f"{path}{match[2]} [{match[3].partition(',')[0]}]")
    return found


def look(folder, path):
    more = [f"--checks={INCLUDE_CHECK}"] if os.path.relpath(path, TOP).startswith(INCLUDES) else []
    done = subprocess.run(["clang-tidy-19", "--quiet", *more, "-p", folder, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    found = findings(folder, done.stdout)
    if done.returncode != 0 and not found and not INDIRECT.search(done.stdout):
        found = [f"{os.path.relpath(path, TOP)}: clang-tidy ended with {done.returncode}: {done.stdout[-400:]}"]
    return found


def main(folder, *parts):
    folder = os.path.abspath(folder)
    found = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for more in pool.map(lambda path: look(folder, path), files(folder, parts)):
            found.update(more)
    print("\n".join(sorted(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
