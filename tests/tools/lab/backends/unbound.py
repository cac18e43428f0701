"""unbound, which takes the client's address from the PROXY protocol, and decides by it whom it answers."""
from .server import Server

CONFIG = """\
server:
    chroot: ""
    username: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    num-threads: 1
    interface: 127.0.0.1@{port}
    proxy-protocol-port: {port}
    access-control: 0.0.0.0/0 refuse
    access-control: 127.0.0.0/8 refuse
{allowed}
    local-zone: "." static
    local-data: ". IN SOA a.example. admin.example. 1 3600 600 86400 60"
    local-data: ". IN NS a.example."
    local-data: "www.example. IN A 192.0.2.80"
remote-control:
    control-enable: no
"""


class UnboundBehindProxy(Server):
    """Answers clients of the networks ALLOWED, and refuses others."""

    def __init__(self, lab, port, allowed):
        super().__init__(lab, "unbound")
        lines = "\n".join(f"    access-control: {network} allow" for network in allowed)
        path = self.write("unbound.conf", CONFIG.format(folder=self.folder, port=port, allowed=lines))
        self.start("unbound", "-d", "-p", "-c", path, answers=lambda: self.takes_datagrams(port))
