"""FreeRADIUS with one user, radclient, and eapol_test, which speaks UDP only; for RADIUS over TCP a second FreeRADIUS takes that and is
a client of the first."""
import re
import subprocess

from ..base import run
from .server import UID, Server

SECRET = "a test's secret"
COMMON = """\
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
run_dir = {folder}
db_dir = {folder}
logdir = {folder}
radacctdir = {folder}
pidfile = {folder}/pid
name = freeradius
# Those that were answered a moment ago count, too; with the 256 of the default the server drops what many devices say at once.
max_requests = 16384
security {{
    allow_vulnerable_openssl = yes
    status_server = yes
}}
client branch {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
    proto = *
}}
"""
CONFIG = COMMON + """\
modules {{
    {eap_module}
    files {{
        usersfile = {folder}/users
        acctusersfile = {folder}/acct_users
    }}
    pap {{
    }}
    always ok {{
        rcode = ok
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = 1812
    }}
    listen {{
        type = auth
        proto = tcp
        ipaddr = 127.0.0.1
        port = 1812
    }}
    listen {{
        type = acct
        ipaddr = 127.0.0.1
        port = 1813
    }}
    authorize {{
        {eap}
        files
        pap
    }}
    authenticate {{
        {eap}
        Auth-Type PAP {{
            pap
        }}
    }}
    accounting {{
        ok
    }}
}}
"""
# What a client proves inside of TTLS is this server's, too: EAP-MD5. Fragments are so small that each flight has several.
EAP = """\
eap {{
        default_eap_type = ttls
        md5 {{
        }}
        tls-config own {{
            private_key_file = {folder}/own.key
            certificate_file = {folder}/own.pem
            ca_file = {folder}/own.pem
            fragment_size = 300
            ecdh_curve = "prime256v1"
        }}
        ttls {{
            tls = own
            default_eap_type = md5
            virtual_server = default
        }}
    }}
"""
PROXY = COMMON + """\
proxy_requests = yes
proxy server {{
}}
home_server hoster {{
    type = auth
    proto = tcp
    ipaddr = 127.0.0.1
    port = {through}
    secret = "{secret}"
    response_window = 30
    status_check = none
    limit {{
        max_connections = 1
    }}
}}
home_server_pool hoster {{
    type = fail-over
    home_server = hoster
}}
realm hoster {{
    auth_pool = hoster
    nostrip
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        update control {{
            Proxy-To-Realm := hoster
        }}
    }}
}}
"""
SUPPLICANT = """\
network={{
    key_mgmt=IEEE8021X
    eap={method}
    identity="alice"
    {outer}
    password="{password}"
    ca_cert="{folder}/own.pem"
    phase2="autheap=MD5"
    fragment_size=200
}}
"""
USERS = """\
alice Cleartext-Password := "wonderland"
    Reply-Message := "carried by Funnel"
"""


class Radius(Server):
    """With EAP: alice may prove her password by EAP-MD5, straight or inside of EAP-TTLS."""

    def __init__(self, lab, eap=False):
        super().__init__(lab, "freeradius")
        if eap:
            run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=radius.hoster.example",
                 "-keyout", self.path("own.key"), "-out", self.path("own.pem")], uid=UID)
        self.write("radiusd.conf", CONFIG.format(folder=self.folder, secret=SECRET, eap="eap" if eap else "",
                                                 eap_module=EAP.format(folder=self.folder) if eap else ""))
        self.write("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n")
        self.write("users", USERS)
        self.write("acct_users", "")
        self.write("secret", SECRET + "\n", 0o600)
        self.serve()

    def serve(self):
        """Starts it; again, after its child was stopped."""
        self.start("freeradius", "-f", "-l", "stdout", "-d", self.folder,
                   answers=lambda: "Access-Accept" in self.ask(self.node, 1812, "auth", self.request("wonderland")))

    @staticmethod
    def request(password):
        return f'User-Name = alice\nUser-Password = "{password}"\n'

    def ask(self, node, port, kind, attributes):
        """What radclient prints."""
        return self.network.run(node, "radclient", "-x", "-r", "3", "-t", "2", "-S", self.path("secret"),
                                f"127.0.0.1:{port}", kind, input=attributes, check=False).stdout

    def ask_many(self, node, port, requests, at_once, timeout=120):
        """The same over one TCP connection, so many requests at a time; radclient's last lines count what came of them."""
        text = "\n".join(requests) + "\n"
        return self.network.run(node, "radclient", "-s", "-P", "tcp", "-p", at_once, "-r", "1", "-t", "30", "-S",
                                self.path("secret"), f"127.0.0.1:{port}", "auth", input=text, check=False, timeout=timeout).stdout

    def log_in(self, node, port, passwords, method):
        """So many devices that log in at once, each with its password: what the server's verdict on each is, and in how many round trips."""
        devices = []
        for number, password in enumerate(passwords):
            config = self.write(f"supplicant{number}", SUPPLICANT.format(
                folder=self.folder, method=method, password=password, outer='anonymous_identity="somebody"' if method == "TTLS" else ""))
            # MD5 makes no keys.
            devices.append(self.network.popen(node, "eapol_test", "-c", config, "-a", "127.0.0.1", "-p", str(port), "-s", SECRET, "-t", "60",
                                              "-M", f"02:00:00:00:01:{number:02x}", *(["-n"] if method == "MD5" else []),
                                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        try:
            said = [device.communicate(timeout=90)[0] for device in devices]
        finally:
            for device in devices:
                device.kill()
                device.wait()
        return [(text.splitlines()[-1], len(re.findall(r"^Received RADIUS message$", text, re.MULTILINE))) for text in said]


class Proxy(Server):
    """A client, over one TCP connection to port THROUGH, of another server; its own clients speak UDP to PORT."""

    def __init__(self, lab, node, port, through):
        super().__init__(lab, "freeradius-proxy", node)
        self.write("radiusd.conf", PROXY.format(folder=self.folder, secret=SECRET, port=port, through=through))
        self.write("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n")
        self.start("freeradius", "-f", "-l", "stdout", "-d", self.folder, answers=lambda: self.takes_datagrams(port))
