"""Bulk over one connection in suites 1 and 2, and over what else one would take for it: stunnel and ssh, each with AES-256-GCM and
with ChaCha20-Poly1305. The same bytes between the same two namespaces, in turn; CPU is that of all processes of both ends.

    branch (a)                                  hoster (b)
    pour -> 7001   funnel, suite 1 or 2 ===== funnel   -> pour sink 7101
    pour -> 7201   stunnel, TLS 1.3 ========= stunnel  -> pour sink 7101
    pour -> 7201   ssh -L =================== sshd     -> pour sink 7101
"""
import dataclasses

import lab

from .bed import BULK, Bed
from .processes import MIB, CpuMeter
from .tunnels import Forward, Ssh, Stunnel

PROBE_BYTES = 64 * MIB
MOST_BYTES = 4096 * MIB
GB = 1e9
SUITES = (1, 2)
PEERS = {
    "stunnel_aes256gcm": (Stunnel, "TLS_AES_256_GCM_SHA384"),
    "stunnel_chacha20": (Stunnel, "TLS_CHACHA20_POLY1305_SHA256"),
    "ssh_aes256gcm": (Ssh, "aes256-gcm@openssh.com"),
    "ssh_chacha20": (Ssh, "chacha20-poly1305@openssh.com"),
}
FORWARD = Forward(7201, BULK.connect)


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
    for name, (kind, cipher) in PEERS.items():
        try:
            with kind(bed.tunnel.network, folder, [FORWARD], cipher) as peer:
                before = 0.0

                def start(peer=peer):
                    nonlocal before
                    before = peer.cpu_seconds()
                move(bed, report, name, FORWARD.near, seconds, start, lambda peer=peer: peer.cpu_seconds() - before)
        except lab.LabError as error:
            report.fail(name, str(error).splitlines()[0])
