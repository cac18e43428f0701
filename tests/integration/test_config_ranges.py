"""No value that `funnelctl check` takes keeps a daemon from starting: each number of [sctp] at both ends of its range, and
all numbers of the other sections.

    funnelctl help-config -> a configuration -> funnelctl check, the daemon that reads it -> READY=1
"""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

import lab
from lab.base import write_file

NODE = "[node]\nname = branch.funnel.test\nlog-level = error\n[kerberos]\nkeytab = keytabs/none\n"
PEER = "[peer]\nnode = hoster.funnel.test\nprincipal = funnel/hoster.funnel.test@FUNNEL.TEST\n"
ROLES = {"listen": ("address = 127.0.0.1:5353", "expect = x/hoster@FUNNEL.TEST"),
         "connect": ("address = 127.0.0.1:5300", "accept = x/*@FUNNEL.TEST")}
UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000,
         "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
ENDS = ("least", "greatest")


def number(text):
    digits, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", text).groups()
    return int(digits) * UNITS[unit]


def written(row, value):
    base = {"a time": "ms", "a size": "B"}.get(row["syntax"][:6], "")
    return f"{value}{base}"


def rows(build, file, sections):
    """Those that are numbers, by name."""
    said = subprocess.run([os.path.join(build, "funnelctl", "funnelctl"), "help-config", "--json"], stdout=subprocess.PIPE,
                          text=True, timeout=20, check=True).stdout
    found = {}
    for row in json.loads(said):
        if row["file"] == file and row["section"] in sections and row["range"]:
            row["least"], row["greatest"] = (number(end) for end in row["range"].split(" to "))
            found[row["key"]] = row
    return found


def with_others(known, values):
    """Changes the other values that bound these, as an administrator would."""
    values = dict(values)
    fixed = set(values)
    def at(key):
        return values.get(key, number(known[key]["default"]))
    moved = True
    while moved:
        moved = False
        for key, row in known.items():
            if not row["at_most"]:
                continue
            other = row["at_most"].removeprefix("half of ")
            factor = 2 if other != row["at_most"] else 1
            if at(key) * factor <= at(other):
                continue
            moved = True
            if key in fixed and other not in fixed:
                values[other] = at(key) * factor
                fixed.add(other)
            else:
                values[key] = at(other) // factor
                fixed.add(key)
    return "".join(f"{key} = {written(known[key], value)}\n" for key, value in values.items())


@pytest.fixture(name="folder", scope="module")
def _folder():
    workspace = lab.Workspace()
    for part in ("peers.d", "services.d", "service", "edge/x", "counters", "keytabs"):
        os.makedirs(os.path.join(workspace.path, part))
    write_file(os.path.join(workspace.path, "funnel.conf"), NODE)
    write_file(os.path.join(workspace.path, "peers.d/hoster.ini"), PEER)
    yield workspace.path
    workspace.remove()


def command(build, program, path, *arguments):
    return [os.path.join(build, program, program), "--config", path, "--defaults", path + "/none", "--run", path, "--state",
            path, *arguments]


def require_start(build, path, program, name, passed, *arguments):
    """`check` takes it; the daemon, given the socket, says READY=1, and ends in order."""
    done = subprocess.run(command(build, "funnelctl", path, "check"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stdout
    notify = os.path.join(path, "notify")
    # LISTEN_PID is that of whoever is executed in the shell's place, with the socket as descriptor 3.
    moved = "" if passed.fileno() == 3 else f"exec 3<&{passed.fileno()} {passed.fileno()}<&-; "
    environment = {**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": name, "NOTIFY_SOCKET": notify}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(notify)
        told.setblocking(False)
        said = []

        def ready():
            try:
                said.append(told.recv(4096).decode())
            except BlockingIOError:
                pass
            return any("READY=1" in one for one in said) or running.poll() is not None

        with subprocess.Popen(["bash", "-c", moved + 'export LISTEN_PID=$$; exec "$@"', "-",
                               *command(build, program, path, *arguments)], pass_fds=[passed.fileno()],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment) as running:
            try:
                lab.wait_until(ready, f"{program} is ready", 20, 0.005)
                running.send_signal(signal.SIGTERM)
                out = running.communicate(timeout=20)[0]
            finally:
                running.kill()
                os.unlink(notify)
    assert any("READY=1" in one for one in said), out
    assert running.returncode == 0, out


def control_socket(path):
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.path.exists(path):
        os.unlink(path)
    listening.bind(path)
    listening.listen()
    return listening


@pytest.mark.parametrize("end", ENDS)
def test_sctpd_starts_with_every_number_of_sctp(build, folder, end):
    known = rows(build, "funnel.conf", ["sctp"])
    assert len(known) > 30
    for key, row in known.items():
        values = {"udp-port": 19899, key: row[end]}
        write_file(os.path.join(folder, "funnel.conf"), NODE + "[sctp]\n" + with_others(known, values))
        with control_socket(os.path.join(folder, "sctpd.sock")) as control:
            require_start(build, folder, "funnel-sctpd", "control", control)


@pytest.mark.parametrize("end", ENDS)
def test_authd_starts_with_all_numbers_of_kerberos(build, folder, end):
    known = rows(build, "funnel.conf", ["kerberos"])
    text = NODE + with_others(known, {key: row[end] for key, row in known.items()})
    write_file(os.path.join(folder, "funnel.conf"), text)
    with control_socket(os.path.join(folder, "authd.sock")) as control:
        require_start(build, folder, "funnel-authd", "authd", control)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_edge_starts_with_all_numbers_of_its_service(build, folder, protocol, role, end):
    control = rows(build, "funnel.conf", ["control"])
    write_file(os.path.join(folder, "funnel.conf"),
                   NODE + "[control]\n" + with_others(control, {key: row[end] for key, row in control.items()}))
    known = {key: row for key, row in rows(build, "services.d/NAME.ini", ["service"]).items()
             if all(word == f"a service with [{role}]" or protocol in re.split("[ ,]+", word)
                    for word in (row["only_for"] or "").split(" and ") if word)}
    values = {key: row[end] for key, row in known.items()}
    if end == "least":
        values.pop("idle-exit")  # 0s: never
        if protocol == "udp":
            values["idle-timeout"] = 1000  # 0s is for connections alone; check says so
    address, who = ROLES[role]
    peer = "peer = hoster\n" if role == "listen" else ""
    # Some numbers say how a module is used; where it is not installed check warns and the edge does without.
    peer += "module = dns\n" if protocol == "tcp" else ""
    write_file(os.path.join(folder, "services.d/x.ini"),
                   f"[service]\nprotocol = {protocol}\n{peer}{with_others(known, values)}[{role}]\n{address}\n"
                   f"[security]\nidentity = x/branch@FUNNEL.TEST\n{who}\n")
    program = {"udp": "funnel-udpd", "tcp": "funnel-tcpd"}[protocol]
    if role == "connect":
        name, handed = "channel", control_socket(os.path.join(folder, "service/x.sock"))
    else:
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        name, handed = "listen", socket.socket(socket.AF_INET, kind)
        handed.bind(("127.0.0.1", 0))
        if protocol == "tcp":
            handed.listen()
    with handed:
        require_start(build, folder, program, name, handed, "x")
