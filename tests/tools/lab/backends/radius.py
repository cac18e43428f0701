"""FreeRADIUS with one user, and radclient."""
from .server import Server

SECRET = "a test's secret"
CONFIG = """\
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
run_dir = {folder}
db_dir = {folder}
logdir = {folder}
radacctdir = {folder}
pidfile = {folder}/pid
name = freeradius
security {{
    allow_vulnerable_openssl = yes
    status_server = yes
}}
client branch {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
    proto = *
}}
modules {{
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
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
    }}
    accounting {{
        ok
    }}
}}
"""
USERS = """\
alice Cleartext-Password := "wonderland"
    Reply-Message := "carried by Funnel"
"""


class Radius(Server):
    def __init__(self, lab):
        super().__init__(lab, "freeradius")
        self.write("radiusd.conf", CONFIG.format(folder=self.folder, secret=SECRET))
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
