"""OpenSSH's server on the branch's node, with keys of its own, and its client."""
from .server import USER, Server

CONFIG = """\
ListenAddress 127.0.0.1
Port 22
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
"""


class Ssh(Server):
    def __init__(self, lab):
        super().__init__(lab, "sshd", "a")
        for name in ("host_key", "key"):
            self.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name))
        for name, start in (("authorized", ""), ("known_hosts", "branch1 ")):
            with open(self.path("key.pub" if name == "authorized" else "host_key.pub"), encoding="ascii") as key:
                self.write(name, start + key.read())
        self.start("/usr/sbin/sshd", "-D", "-e", "-f", self.write("sshd_config", CONFIG.format(folder=self.folder)),
                   answers=lambda: self.listens(22))

    def shell(self, node, port, command, **options):
        return self.network.run(node, "ssh", "-F", "none", "-p", port, "-i", self.path("key"), "-o", "HostKeyAlias=branch1",
                                "-o", f"UserKnownHostsFile={self.path('known_hosts')}", "-o", "BatchMode=yes",
                                "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=20", f"{USER}@127.0.0.1", command,
                                **options).stdout
