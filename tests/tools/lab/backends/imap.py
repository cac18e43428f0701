"""Dovecot with one user and a listener that expects the PROXY header, as examples/imap/README has it; Python's imaplib.

Its configuration is that of 2.3 (Debian 12), or of 2.4 (Debian 13), which names many things otherwise.
"""
from ..base import run, write_file
from .server import UID, USER, Server

USER_NAME, PASSWORD = "alice", "wonderland"
PROXY_PORT, PORT = 10143, 10144
CONFIG_23 = """\
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
ssl_cert = <{folder}/own.pem
ssl_key = <{folder}/own.key
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={user} home={folder}/mail
}}
protocol imap {{
  mail_plugins = imap_zlib
}}
"""
CONFIG_24 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail
ssl_server_cert_file = {folder}/own.pem
ssl_server_key_file = {folder}/own.key
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {user}
    home = {folder}/mail
  }}
}}
"""
CONFIG = """\
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {user}
default_login_user = {user}
ssl = yes
first_valid_uid = 1
haproxy_trusted_networks = 127.0.0.1/32
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  inet_listener imap-funnel {{
    {listen} = 127.0.0.1
    port = {proxy_port}
    haproxy = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
CLIENT = """
import imaplib, sys
box = imaplib.IMAP4(sys.argv[1], int(sys.argv[2]), timeout=20)
box.login("alice", "wonderland")
box.append("INBOX", None, None, b"Subject: through the tunnel\\r\\n\\r\\n" + b"x" * 200000 + b"\\r\\n")
box.select("INBOX")
number = box.search(None, "ALL")[1][0].split()[-1]
body = box.fetch(number, "(BODY[])")[1][0][1]
print(len(body), body.split(b"\\r\\n")[0].decode())
box.logout()
"""


def letters(count):
    """Texts to fill a mailbox with: some fit many in a packet, some take several."""
    return [f"Subject: {number}\n\n" + f"{number} and a line of a letter\n" * (number % 40) * (20 if number % 25 == 0 else 1)
            for number in range(count)]


class Imap(Server):
    """`port`: of a second listener, without the PROXY header; 0: none."""

    def __init__(self, lab, port=0):
        super().__init__(lab, "dovecot")
        for name in ("mail", "run", "state"):
            self.sub_folder(name)
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-keyout", self.path("own.key"), "-out", self.path("own.pem")], uid=UID)
        old = run(["dovecot", "--version"]).stdout.startswith("2.3")
        # 2.4 wants its version first.
        text = (CONFIG_23 if old else CONFIG_24) + CONFIG
        config = self.write("dovecot.conf", text.format(folder=self.folder, user=USER, password=PASSWORD, port=port, proxy_port=PROXY_PORT,
                                                        listen="address" if old else "listen"))
        self.start("dovecot", "-F", "-c", config, answers=lambda: self.listens(PROXY_PORT))

    def fill(self, messages):
        """Puts these texts into the user's mailbox, in this order."""
        for name in ("mail/cur", "mail/new", "mail/tmp"):
            self.sub_folder(name)
        for number, text in enumerate(messages):
            write_file(self.path(f"mail/cur/{1000000000 + number}.M{number:06}.test:2,"), text, UID)

    def client(self, node, host, port):
        """Stores a message of 200 kB and reads it again: its size and subject."""
        return self.network.run(node, "/usr/bin/python3", "-c", CLIENT, host, port).stdout

    def logged(self):
        with open(self.path("dovecot.log"), encoding="utf-8", errors="replace") as log:
            return log.read()
