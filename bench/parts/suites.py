"""Bulk over one connection in suites 1 and 2, and over what else one would take for it: stunnel and ssh, each with AES-256-GCM and
with ChaCha20-Poly1305. The same bytes between the same two namespaces, in turn; CPU is that of all processes of both ends.

    branch (a)                                  hoster (b)
    pour -> 7001   funnel, suite 1 or 2 ===== funnel   -> pour sink 7101
    pour -> 7201   stunnel, TLS 1.3 ========= stunnel  -> pour sink 7101
    pour -> 7201   ssh -L =================== sshd     -> pour sink 7101
"""
import dataclasses
import os
import shutil

import lab
from lab.base import Child, run, wait_until, write_file
from lab.netns import ADDRESSES

from .bed import BULK, Bed
from .processes import MIB, CpuMeter

PROBE_BYTES = 64 * MIB
MOST_BYTES = 4096 * MIB
GB = 1e9
SUITES = (1, 2)
PEERS = {
    "stunnel_aes256gcm": ("stunnel", "TLS_AES_256_GCM_SHA384"),
    "stunnel_chacha20": ("stunnel", "TLS_CHACHA20_POLY1305_SHA256"),
    "ssh_aes256gcm": ("ssh", "aes256-gcm@openssh.com"),
    "ssh_chacha20": ("ssh", "chacha20-poly1305@openssh.com"),
}
NEAR, FAR = "127.0.0.1:7201", f"{ADDRESSES['b']}:7202"
STUNNEL = """
foreground = yes
pid =
debug = 4
client = {client}
CAfile = {folder}/own.pem
cert = {folder}/own.pem
key = {folder}/own.key
verifyPeer = yes
sslVersion = TLSv1.3
ciphersuites = {ciphers}
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[bulk]
accept = {accept}
connect = {connect}
"""
SSHD = ("-o", "StrictModes=no", "-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PasswordAuthentication=no",
        "-o", "KbdInteractiveAuthentication=no")


def measure(build, report, seconds):
    for suite in SUITES:
        service = dataclasses.replace(BULK, listen_service={}, suites=str(suite))
        with Bed(build, [service], with_nsd=False) as bed:
            meter = None

            def start(bed=bed):
                nonlocal meter
                meter = CpuMeter(bed.tunnel)
            move(bed, report, f"suite_{suite}", BULK.listen[0], seconds, start, lambda: sum(meter.used().values()))
            if suite == SUITES[-1]:
                measure_peers(bed, report, seconds)


def move(bed, report, name, address, seconds, start, used):
    """As many bytes as fill the time; START and USED measure the processes' CPU seconds."""
    speed = bed.move_bulk(1, PROBE_BYTES, address)
    size = int(min(max(speed * 1e6 * seconds, PROBE_BYTES), MOST_BYTES))
    start()
    report.add(f"{name}_bulk_MBps", bed.move_bulk(1, size, address))
    report.add(f"{name}_cpu_s_per_GB", used() / (size / GB), 2)


def measure_peers(bed, report, seconds):
    folder = bed.tunnel.workspace.folder("bench-peers", mode=0o700)
    for name, (program, cipher) in PEERS.items():
        if shutil.which(program) is None:
            report.fail(name, f"{program} is not installed (tests/tools/install-packages bench)")
            continue
        children = []
        try:
            {"stunnel": start_stunnel, "ssh": start_ssh}[program](bed.tunnel, folder, cipher, children)
            listens(bed.tunnel, "a", NEAR)
            before = 0.0

            def start(children=children):
                nonlocal before
                before = used_by(children)
            move(bed, report, name, NEAR, seconds, start, lambda children=children: used_by(children) - before)
        except lab.LabError as error:
            report.fail(name, str(error).splitlines()[0])
        finally:
            for child in children:
                child.stop()


def listens(tunnel, node, address):
    port = address.rsplit(":", 1)[1]
    wait_until(lambda: f":{port} " in tunnel.network.run(node, "ss", "-tHln").stdout, f"{address} is listened on", 15)


def used_by(children):
    """CPU seconds of these processes and of all that they have started. By the clock's ticks, which count threads that have ended:
    stunnel has one for each connection."""
    return sum(ticks(pid) for child in children for pid in with_children(child.pid)) / os.sysconf("SC_CLK_TCK")


def ticks(pid):
    """Its own, and those of children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return sum(int(one) for one in stat.read().rpartition(")")[2].split()[11:15])


def with_children(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as listed:
            for one in listed.read().split():
                found += with_children(int(one))
    return found


def begin(tunnel, folder, node, name, children, *command):
    children.append(Child(f"{name} of {node}", tunnel.network.inside(node, *command), os.path.join(folder, f"{name}-{node}.log")))


def start_stunnel(tunnel, folder, cipher, children):
    key, own = (os.path.join(folder, name) for name in ("own.key", "own.pem"))
    if not os.path.exists(own):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
             own, "-days", "2", "-subj", "/CN=bench"])
    for node, client, accept, connect in (("b", "no", FAR, BULK.connect), ("a", "yes", NEAR, FAR)):
        path = os.path.join(folder, f"stunnel-{node}.conf")
        write_file(path, STUNNEL.format(client=client, folder=folder, ciphers=cipher, accept=accept, connect=connect))
        begin(tunnel, folder, node, "stunnel", children, "stunnel", path)
        listens(tunnel, node, accept)


def start_ssh(tunnel, folder, cipher, children):
    host, user = (os.path.join(folder, name) for name in ("hostkey", "userkey"))
    for key in (host, user):
        if not os.path.exists(key):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
    with open(host + ".pub", encoding="ascii") as file:
        write_file(os.path.join(folder, "known"), "bench " + " ".join(file.read().split()[:2]) + "\n")
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    address, port = FAR.split(":")
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"  # which calls itself again by its whole path
    begin(tunnel, folder, "b", "sshd", children, sshd, "-D", "-e", "-f", "/dev/null", "-h", host, "-p", port, "-o", f"ListenAddress={address}", "-o", f"AuthorizedKeysFile={user}.pub", *SSHD)
    listens(tunnel, "b", FAR)
    begin(tunnel, folder, "a", "ssh", children, "ssh", "-F", "none", "-N", "-i", user, "-c", cipher, "-p", port,
          "-o", f"UserKnownHostsFile={folder}/known", "-o", "GlobalKnownHostsFile=none", "-o", "HostKeyAlias=bench",
          "-o", "ExitOnForwardFailure=yes", "-L", f"{NEAR}:{BULK.connect}", f"root@{address}")
