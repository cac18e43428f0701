"""What a protocol module costs where nothing is lost, and what it gains where something is.

Without loss, on a veth pair: queries over one TCP connection (dnsperf, nsd) and bulk in records (FastCGI), with the module and without.
Across a WAN (lab/wan.py, RTT 50 ms): LDAP searches and FastCGI requests, 200 a second on one connection; with the module, without, and
over a TCP connection straight to the server, with CUBIC and, where the kernel has it, BBR. And 200 messages of a mailbox (IMAP, dovecot),
all asked for at once: when each came, and the last.

    branch (a)                                        hoster (b)
    dnsperf      -> 7301 (module), 7302 ===========   nsd
    fastcgi.py   -> 7303 (module), 7304 ===========   fastcgi.py serve   0.0.0.0:7310
    ldap_load.py -> 7305 (module), 7306 ===========   slapd              :3892
    imap_many.py -> 7307 (module), 7308 ===========   dovecot            :10144
"""
import json
import os
import re
import shutil

import lab
from lab import nsd, slapd
from lab.backends.imap import PASSWORD, PORT as IMAP_PORT, USER_NAME, Imap, letters
from lab.base import Child, wait_until, write_file
from lab.netns import ADDRESSES
from lab.wan import Wan

from .bed import Bed
from .processes import MIB
from .tunnels import choose_control, controls
from .wan import DELAY_MS, LOSSES, RATE_MBIT, add_latency

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOAD = os.path.join(BENCH, "load")
IMAP_MANY = os.path.join(os.path.dirname(BENCH), "tests", "tools", "imap_many.py")
RATE, SECONDS, WAIT_SECONDS = 200, 15, 10
AT_ONCE, QUIET_RATE, ROUNDS = 100, 1000, 3
BULK_BYTES = 512 * MIB
FASTCGI_PORT, LDAP_PORT = 7310, 3892
MESSAGES, MAIL_ROUNDS = 200, 10


def service(name, port, backend, module=None, option=None):
    keys = {"module": module, "module-option": option, "module-required": "yes"} if module else {}
    return lab.Service(name, "tcp", (f"127.0.0.1:{port}",), f"127.0.0.1:{backend}", listen_service=keys, connect_service=keys)


DNS = {"module": service("dns-module", 7301, nsd.PORT, "dns"), "bytes": service("dns-bytes", 7302, nsd.PORT)}
FASTCGI = {"module": service("fcgi-module", 7303, FASTCGI_PORT, "fastcgi"), "bytes": service("fcgi-bytes", 7304, FASTCGI_PORT)}
LDAP = {"module": service("ldap-module", 7305, LDAP_PORT, "ldap", "entries=free"), "bytes": service("ldap-bytes", 7306, LDAP_PORT)}
IMAP = {"module": service("imap-module", 7307, IMAP_PORT, "imap"), "bytes": service("imap-bytes", 7308, IMAP_PORT)}


def serve_fastcgi(bed):
    log = os.path.join(bed.tunnel.workspace.folder("traffic"), "fastcgi.log")
    bed.children.append(Child("fastcgi", bed.tunnel.network.inside("b", os.path.join(LOAD, "fastcgi.py"), "serve", "0.0.0.0",
                                                                   FASTCGI_PORT), log))
    wait_until(lambda: f":{FASTCGI_PORT}" in bed.tunnel.network.run("b", "ss", "-tHln").stdout, "fastcgi.py serves", 15)


def said(bed, program, *arguments):
    return json.loads(bed.tunnel.network.run("a", os.path.join(LOAD, program), *arguments, timeout=120).stdout)


def measure(build, report, seconds):
    measure_cost(build, report, seconds)
    for loss in LOSSES:
        measure_gain(build, report, loss)


def queries(bed, port, path, seconds, *options):
    """What dnsperf says: answers a second, and their mean latency in us."""
    text = bed.tunnel.network.run("a", "dnsperf", "-s", "127.0.0.1", "-p", port, "-m", "tcp", "-d", path, "-l", seconds, "-c", 1,
                                  *options, timeout=120).stdout
    rate, mean = re.search(r"Queries per second: +([0-9.]+)", text), re.search(r"Average Latency \(s\): +([0-9.]+)", text)
    if not rate or not mean:
        raise lab.LabError(f"dnsperf said: {text}")
    return float(rate[1]), float(mean[1]) * 1e6


def measure_cost(build, report, seconds):
    with Bed(build, [*DNS.values(), *FASTCGI.values()]) as bed:
        serve_fastcgi(bed)
        path = os.path.join(bed.tunnel.workspace.folder("traffic"), "queries")
        write_file(path, "".join(f"host{number}.{nsd.ZONE} A\n" for number in range(nsd.NAMES)))
        if shutil.which("dnsperf") is None:
            report.fail("modules_requests", "dnsperf is not installed (tests/tools/install-packages test)")
        rates, means, speeds = ({how: [] for how in DNS} for _ in range(3))
        # In turn, because the machine's speed changes from moment to moment. The best of each counts.
        for how in (*DNS,) * ROUNDS:
            if shutil.which("dnsperf"):
                rates[how].append(queries(bed, DNS[how].port(), path, seconds, "-q", AT_ONCE)[0])
                means[how].append(queries(bed, DNS[how].port(), path, seconds, "-q", AT_ONCE, "-Q", QUIET_RATE)[1])
            speeds[how].append(said(bed, "fastcgi.py", "pour", "127.0.0.1", FASTCGI[how].port(), BULK_BYTES)["MBps"])

        for how in DNS:
            if rates[how]:
                report.add(f"{how}_dns_requests_per_s", max(rates[how]), 0)
                report.add(f"{how}_dns_mean_us", min(means[how]))
            report.add(f"{how}_fastcgi_bulk_MBps", max(speeds[how]))


def ways():
    """How a client reaches its server: through a service of ours, or straight by TCP; and what congestion control TCP has."""
    return [("module", None), ("bytes", None), *((f"tcp_{control}", control) for control in controls())]


def fetch_mail(bed, host, port):
    """When each message came, in all rounds, and the last of each round; in ms."""
    each, last = [], []
    for _ in range(MAIL_ROUNDS):
        said_by_it = bed.tunnel.network.run("a", IMAP_MANY, host, port, USER_NAME, PASSWORD, MESSAGES, timeout=120).stdout
        times = json.loads(said_by_it)["times"]
        each += times
        last.append(max(times))
    return sorted(each), sorted(last)


def measure_mail(bed, report, prefix, host, port):
    each, last = fetch_mail(bed, host, port)
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        report.add(f"{prefix}_{name}_ms", each[int(part * len(each))])
    report.add(f"{prefix}_last_ms", last[len(last) // 2])


def measure_gain(build, report, loss):
    emulator = Wan(build, delay=DELAY_MS, rate=RATE_MBIT, loss=loss)
    far = ADDRESSES["b"]
    try:
        services = [*FASTCGI.values(), *LDAP.values(), *IMAP.values()]
        with Bed(build, services, with_nsd=False, change_network=emulator.take_over) as bed:
            serve_fastcgi(bed)
            mailbox = Imap(bed.tunnel, port=IMAP_PORT)
            bed.children.append(mailbox)
            mailbox.fill(letters(MESSAGES))
            server = lab.Slapd(bed.tunnel.workspace, bed.tunnel.network, port=LDAP_PORT, name="slapd-bench",
                               also=(f"ldap://{far}:{LDAP_PORT}/",))
            bed.children.append(server)
            for way, control in ways():
                if control:
                    choose_control(bed.tunnel.network, control)
                url = f"ldap://127.0.0.1:{LDAP[way].port()}" if way in LDAP else f"ldap://{far}:{LDAP_PORT}"
                add_latency(report, f"wan_{loss}_ldap_{way}",
                            said(bed, "ldap_load.py", url, slapd.BASE, slapd.PEOPLE, RATE, SECONDS, WAIT_SECONDS))
                host, port = ("127.0.0.1", FASTCGI[way].port()) if way in FASTCGI else (far, FASTCGI_PORT)
                add_latency(report, f"wan_{loss}_fastcgi_{way}", said(bed, "fastcgi.py", "load", host, port, RATE, SECONDS, WAIT_SECONDS))
                host, port = ("127.0.0.1", IMAP[way].port()) if way in IMAP else (far, IMAP_PORT)
                measure_mail(bed, report, f"wan_{loss}_imap_{way}", host, port)
    finally:
        emulator.stop()
