"""A real DNS server, nsd, in namespace b on 127.0.0.1 and ::1, under its own user."""
import os

from .base import Child, tail, wait_until, write_file

ZONE = "example.test"
PORT = 5300
UID = 64910
NAMES = 300  # host0 ... host299

NSD_CONF = """\
server:
    ip-address: 127.0.0.1@{port}
    ip-address: ::1@{port}
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{folder}"
    pidfile: "{folder}/pid"
    xfrdfile: "{folder}/xfrd"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zones"
    logfile: "{folder}/nsd.log"
    server-count: 1
    ipv4-edns-size: 4096
    ipv6-edns-size: 4096
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: {zone}
    zonefile: zone
    provide-xfr: 127.0.0.1 NOKEY
    provide-xfr: ::1 NOKEY
"""


def zone_text(zone):
    lines = [f"$ORIGIN {zone}.", "$TTL 300", "@ SOA ns hostmaster 1 3600 900 604800 300", "@ NS ns",
             "ns A 10.77.0.2", "www A 192.0.2.80", "www AAAA 2001:db8::80", 'www TXT "carried by Funnel"']
    for number in range(NAMES):
        lines.append(f"host{number} A 192.0.2.{number % 250 + 1}")
        lines.append(f"host{number} AAAA 2001:db8::{number + 1:x}")
        lines.append(f'host{number} TXT "this is host {number}"')
    # An answer of about 3 kB: more than one packet, for EDNS.
    lines += [f'big TXT "{number:02d} {"x" * 200}"' for number in range(14)]
    return "\n".join(lines) + "\n"


class Nsd:
    def __init__(self, workspace, network, node="b", name="nsd", port=PORT, zone=ZONE, text=None):
        self.network = network
        self.node = node
        self.zone = zone
        self.folder = workspace.folder(name, UID)
        self.config = os.path.join(self.folder, "nsd.conf")
        self.log = os.path.join(self.folder, "nsd.out")
        self.child = None
        self.port = port
        write_file(self.config, NSD_CONF.format(port=port, folder=self.folder, zone=zone))
        self.write_zone(text or zone_text(zone))
        self.start()

    def write_zone(self, text):
        """It reads it when it starts."""
        write_file(os.path.join(self.folder, "zone"), text)

    def start(self):
        command = self.network.inside(self.node, "setpriv", "--reuid", UID, "--regid", UID, "--clear-groups",
                                      "--pdeathsig", "KILL", "/usr/sbin/nsd", "-d", "-c", self.config)
        self.child = Child("nsd", command, self.log)
        wait_until(self._answers, "nsd answers", interval=0.05, detail=lambda: tail(self.log))

    def _answers(self):
        self.child.require_running()
        done = self.network.run(self.node, "dig", "@127.0.0.1", "-p", self.port, "+tries=1", "+time=1", "+norec", ".",
                                "NS", check=False)
        return "status: REFUSED" in done.stdout or "status: NOERROR" in done.stdout

    def dig(self, node, server, port, name, kind, *options, check=True):
        """The answer in short form. One try of two seconds: a lost answer shows."""
        done = self.network.run(node, "dig", f"@{server}", "-p", port, "+tries=1", "+time=2", "+short", *options,
                                f"{name}.{self.zone}", kind, check=check)
        return done.stdout

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None
