"""Prosody with a few users, and a client by the library slixmpp: one writes to the other."""
from ..base import run
from .server import UID, Server

DOMAIN, PASSWORD, PORT = "chat.corp.example", "wonderland", 5222
FRIENDS = 8  # of alice, besides bob: friend0 ...
CONFIG = """\
daemonize = false
pidfile = "{folder}/pid"
data_path = "{folder}/data"
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "tls", "smacks" }}
modules_disabled = {{ "s2s", "posix" }}
ssl = {{ certificate = "{folder}/own.pem", key = "{folder}/own.key" }}
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
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


class Xmpp(Server):
    def __init__(self, lab):
        super().__init__(lab, "prosody")
        accounts = self.folder
        for part in ("data", "data/" + DOMAIN.replace(".", "%2e"), "data/" + DOMAIN.replace(".", "%2e") + "/accounts"):
            accounts = self.sub_folder(part)
        for name in ("alice", "bob", *(f"friend{number}" for number in range(FRIENDS))):
            self.write(f"{accounts}/{name}.dat", f'return {{ ["password"] = "{PASSWORD}" }};\n')
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             f"/CN={DOMAIN}", "-keyout", self.path("own.key"), "-out", self.path("own.pem")], uid=UID)
        config = self.write("prosody.cfg.lua", CONFIG.format(folder=self.folder, domain=DOMAIN))
        self.start("prosody", "--config", config, "-F", answers=lambda: self.listens(PORT))

    def client(self, node, host, port):
        """Two clients log in, and one receives what the other sends."""
        return self.network.run(node, "/usr/bin/python3", "-W", "ignore", "-c", CLIENT, host, port, DOMAIN).stdout
