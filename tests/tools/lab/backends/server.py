"""What the servers have in common: a folder, a user of their own, a process in a node's namespace."""
import os
import shlex

from ..base import Child, run, tail, wait_until, write_file

USER = "tunnel"  # what the server's user is called, where a server wants a name
UID = 64940
PASSWD = f"root:x:0:0:root:/root:/bin/sh\n{USER}:x:{UID}:{UID}:a test's user:{{home}}:/bin/sh\n"
SHADOW = f"root:*:1::::::\n{USER}:*:1::::::\n"
GROUP = f"root:x:0:\n{USER}:x:{UID}:\n"


class Server:
    """Runs unprivileged in namespace `node`, in a mount namespace in which its user has a name."""
    CAPABILITIES = ()  # what it has besides, as capabilities(7) calls them

    def __init__(self, lab, name, node="b"):
        self.network = lab.network
        self.node = node
        self.name = name
        self.folder = lab.workspace.folder(name, UID)
        self.log = self.path("out")
        self.child = None
        for file, text in (("passwd", PASSWD.format(home=self.folder)), ("shadow", SHADOW), ("group", GROUP)):
            write_file(self.path(file), text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        write_file(self.path(name), text, UID, mode)
        return self.path(name)

    def sub_folder(self, name, mode=0o755):
        path = self.path(name)
        os.makedirs(path, mode, exist_ok=True)
        os.chown(path, UID, UID)
        return path

    def command(self, *command):
        kept = [f"--{which}-caps=+{name}" for name in self.CAPABILITIES for which in ("inh", "ambient")]
        mounts = "".join(f"mount --bind {shlex.quote(self.path(name))} /etc/{name} && "
                         for name in ("passwd", "shadow", "group"))
        return self.network.inside(self.node, "unshare", "--mount", "sh", "-c", mounts + 'exec "$@"', "sh", "setpriv",
                                   "--reuid", UID, "--regid", UID, "--clear-groups", *kept, "--pdeathsig", "KILL", *command)

    def start(self, *command, answers):
        """Until `answers()`, which asks the server directly, is true."""
        self.child = Child(self.name, self.command(*command), self.log,
                           env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.folder, "LANG": "C.UTF-8"})

        def ready():
            self.child.require_running()
            return answers()
        wait_until(ready, f"{self.name} answers", 20, 0.05, lambda: tail(self.log))

    def run(self, *command, **options):
        """As this server's user, to the end."""
        return run(self.command(*command), **options)

    def listens(self, port, node=None):
        """Whether somebody listens on this TCP port in the server's namespace."""
        listed = self.network.run(self.node if node is None else node, "cat", "/proc/net/tcp", "/proc/net/tcp6").stdout
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
                   for line in listed.splitlines() if ":" in line.split()[0])

    def takes_datagrams(self, port):
        """Whether somebody has this UDP port in the server's namespace."""
        listed = self.network.run(self.node, "cat", "/proc/net/udp", "/proc/net/udp6").stdout
        return any(line.split()[1].endswith(f":{port:04X}") for line in listed.splitlines() if ":" in line.split()[0])

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
