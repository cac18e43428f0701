"""Prosody with a few users, and a client by the library slixmpp: one writes to the other. And two of Prosody with a domain each, whose
users write to each other by way of connections between the servers."""
import os
import shlex

from ..base import Child, run
from .server import UID, Server

DOMAIN, PASSWORD, PORT = "chat.corp.example", "wonderland", 5222
SERVER_PORT = 5269
FRIENDS = 8  # of alice, besides bob: friend0 ...
CONFIG = """\
daemonize = false
pidfile = "{folder}/pid"
data_path = "{folder}/data"
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ {without} }}
ssl = {{ certificate = "{folder}/own.pem", key = "{folder}/own.key" }}
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = false
s2s_secure_auth = false
VirtualHost "{domain}"
"""
CLIENT = """
import asyncio, sys, slixmpp

class Client(slixmpp.ClientXMPP):
    def __init__(self, name, done):
        super().__init__(f"{name}@{sys.argv[3]}", "wonderland", sasl_mech="SCRAM-SHA-1")
        self.done = done
        self.add_event_handler("session_start", self.begin)
        self.add_event_handler("message", lambda message: done.set_result(message["body"]))
        self.ready = asyncio.get_event_loop().create_future()

    async def begin(self, _event):
        self.send_presence()
        await self.get_roster()
        self.ready.set_result(True)

async def main():
    loop = asyncio.get_event_loop()
    alice, bob = Client("alice", loop.create_future()), Client("bob", loop.create_future())
    for one in (alice, bob):
        one.connect((sys.argv[1], int(sys.argv[2])), force_starttls=False, disable_starttls=True)
        await asyncio.wait_for(one.ready, 20)
    alice.send_message(mto=f"bob@{sys.argv[3]}", mbody="through the tunnel", mtype="chat")
    print(await asyncio.wait_for(bob.done, 20))

asyncio.get_event_loop().run_until_complete(main())
"""


def friends():
    return [f"friend{number}" for number in range(FRIENDS)]


def listed(names):
    return ", ".join(f'"{name}"' for name in names)


class Prosody(Server):
    """One domain with these USERS. MODULES, of Prosody's own, are loaded, and WITHOUT are not."""

    def __init__(self, lab, domain, users, modules, without, node="b", name="prosody"):
        super().__init__(lab, name, node)
        self.domain = domain
        accounts = self.folder
        label = domain.replace(".", "%2e")
        for part in ("data", f"data/{label}", f"data/{label}/accounts"):
            accounts = self.sub_folder(part)
        for user in users:
            self.write(f"{accounts}/{user}.dat", f'return {{ ["password"] = "{PASSWORD}" }};\n')
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             f"/CN={domain}", "-keyout", self.path("own.key"), "-out", self.path("own.pem")], uid=UID)
        self.write("prosody.cfg.lua", CONFIG.format(folder=self.folder, domain=domain, modules=listed(modules), without=listed(without)))

    def serve(self, *ports):
        self.start("prosody", "--config", self.path("prosody.cfg.lua"), "-F", answers=lambda: all(self.listens(port) for port in ports))


class Xmpp(Prosody):
    def __init__(self, lab):
        super().__init__(lab, DOMAIN, ["alice", "bob", *friends()], ["roster", "saslauth", "disco", "ping", "tls", "smacks"],
                         ["s2s", "posix"])
        self.serve(PORT)

    def client(self, node, host, port):
        """Two clients log in, and one receives what the other sends."""
        return self.network.run(node, "/usr/bin/python3", "-W", "ignore", "-c", CLIENT, host, port, DOMAIN).stdout


class Federated(Prosody):
    """One of two servers that send to each other. The OTHER domain's server is at ADDRESS, port 5269, says the node's own DNS
    (dnsmasq). The servers prove by dialback (XEP-0220) who they are: each asks the other domain's server on a connection of its own."""

    def __init__(self, lab, node, domain, other, address, start_tls):
        tls = ["tls"] if start_tls else []
        super().__init__(lab, domain, friends(), ["roster", "saslauth", "disco", "dialback", *tls], ["posix", "s2s_bidi", "smacks"],
                         node, f"prosody-{node}")
        self.dns = Child(f"dnsmasq of {node}", self.network.inside(
            node, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
            "--user=root", "--bind-interfaces", "--listen-address=127.0.0.1", f"--local=/{other}/", f"--address=/{other}/{address}"),
            os.path.join(self.folder, "dnsmasq.log"))
        self.write("resolv.conf", "nameserver 127.0.0.1\n")
        try:
            self.serve(PORT, SERVER_PORT)
        except BaseException:
            self.stop()
            raise

    def command(self, *command):
        mount = f'mount --bind {shlex.quote(self.path("resolv.conf"))} /etc/resolv.conf && exec "$@"'
        inside = super().command(*command)
        at = inside.index("setpriv")
        return [*inside[:at], "sh", "-c", mount, "sh", *inside[at:]]

    def stop(self):
        super().stop()
        self.dns.stop()
