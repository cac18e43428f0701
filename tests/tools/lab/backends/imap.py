"""Dovecot with one user and a listener that expects the PROXY header, as examples/imap/README has it; Python's imaplib."""
from .server import USER, Server

CONFIG = """\
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_internal_group = {user}
default_login_user = {user}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password=wonderland
}}
userdb {{
  driver = static
  args = uid={user} gid={user} home={folder}/mail
}}
haproxy_trusted_networks = 127.0.0.1/32
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = 0
  }}
  inet_listener imap-funnel {{
    address = 127.0.0.1
    port = 10143
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


class Imap(Server):
    def __init__(self, lab):
        super().__init__(lab, "dovecot")
        for name in ("mail", "run", "state"):
            self.sub_folder(name)
        config = self.write("dovecot.conf", CONFIG.format(folder=self.folder, user=USER))
        self.start("dovecot", "-F", "-c", config, answers=lambda: self.listens(10143))

    def client(self, node, host, port):
        """Stores a message of 200 kB and reads it again: its size and subject."""
        return self.network.run(node, "/usr/bin/python3", "-c", CLIENT, host, port).stdout

    def logged(self):
        with open(self.path("dovecot.log"), encoding="utf-8", errors="replace") as log:
            return log.read()
