"""What one would take instead of Funnel: stunnel, ssh -L and WireGuard between the two namespaces of a bed, and TCP by the congestion
control that is asked for."""
import dataclasses
import os
import shutil

import lab
from lab.base import Child, run, wait_until, write_file
from lab.netns import ADDRESSES

STUNNEL = """
foreground = yes
pid =
debug = 4
client = {client}
CAfile = {folder}/own.pem
cert = {folder}/own.pem
key = {folder}/own.key
verifyPeer = yes
sslVersion = TLSv1.3
ciphersuites = {ciphers}
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
"""
STUNNEL_SERVICE = """[{port}]
accept = {accept}
connect = {connect}
"""
SSHD = ("-o", "StrictModes=no", "-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PasswordAuthentication=no",
        "-o", "KbdInteractiveAuthentication=no")
SSH_PORT = 7299
# stunnel's far end listens on a port of its own for each.
FAR_OFFSET = 1000


@dataclasses.dataclass(frozen=True)
class Forward:
    """Connections to this port of a's loopback reach BACKEND in b."""
    port: int
    backend: str

    @property
    def near(self):
        return f"127.0.0.1:{self.port}"


def listens(network, node, port):
    wait_until(lambda: f":{port} " in network.run(node, "ss", "-tHln").stdout, f"port {port} of {node} is listened on", 15)


def choose_control(network, control, addresses=None, device=lambda node: "lan"):
    """TCP's congestion control between the nodes. By the route: as the namespace's default the kernel takes only what the machine allows everybody."""
    addresses = addresses or ADDRESSES
    for node, other in (("a", "b"), ("b", "a")):
        network.ip(node, "route", "replace", f"{addresses[other]}/32", "dev", device(node), "congctl", control)
        network.ip(node, "tcp_metrics", "flush")


def controls():
    """Of those that are compared, the ones that this kernel has."""
    available = run(["sysctl", "-n", "net.ipv4.tcp_available_congestion_control"]).stdout.split()
    return [control for control in ("cubic", "bbr") if control in available]


class Processes:
    """Programs in the two namespaces that make one tunnel; they end with the block."""
    PROGRAMS = ()

    def __init__(self, network, folder):
        missing = [name for name in self.PROGRAMS if shutil.which(name) is None]
        if missing:
            raise lab.LabError(f"{', '.join(missing)} is not installed (tests/tools/install-packages bench)")
        self.network, self.folder, self.children = network, folder, []

    def begin(self, node, name, *command):
        self.children.append(Child(f"{name} of {node}", self.network.inside(node, *command), os.path.join(self.folder, f"{name}-{node}.log")))

    def cpu_seconds(self):
        """Of these processes and of all that they have started. By the clock's ticks, which count threads that have ended: stunnel has
        one for each connection."""
        return sum(ticks(pid) for child in self.children for pid in with_children(child.pid)) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        for child in self.children:
            child.stop()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


def ticks(pid):
    """Its own, and those of children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return sum(int(one) for one in stat.read().rpartition(")")[2].split()[11:15])


def with_children(pid):
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as listed:
            for one in listed.read().split():
                found += with_children(int(one))
    return found


class Stunnel(Processes):
    PROGRAMS = ("stunnel", "openssl")

    def __init__(self, network, folder, forwards, cipher):
        super().__init__(network, folder)
        self.forwards, self.cipher = forwards, cipher

    def start(self):
        key, own = (os.path.join(self.folder, name) for name in ("own.key", "own.pem"))
        if not os.path.exists(own):
            run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                 "-out", own, "-days", "2", "-subj", "/CN=bench"])
        far = {forward: f"{ADDRESSES['b']}:{forward.port + FAR_OFFSET}" for forward in self.forwards}
        self._run("b", "no", [(forward.port, far[forward], forward.backend) for forward in self.forwards])
        self._run("a", "yes", [(forward.port, forward.near, far[forward]) for forward in self.forwards])

    def _run(self, node, client, services):
        path = os.path.join(self.folder, f"stunnel-{node}.conf")
        write_file(path, STUNNEL.format(client=client, folder=self.folder, ciphers=self.cipher) + "".join(
            STUNNEL_SERVICE.format(port=port, accept=accept, connect=connect) for port, accept, connect in services))
        self.begin(node, "stunnel", "stunnel", path)
        for _, accept, _ in services:
            listens(self.network, node, accept.rsplit(":", 1)[1])


class Ssh(Processes):
    PROGRAMS = ("ssh", "ssh-keygen")

    def __init__(self, network, folder, forwards, cipher):
        super().__init__(network, folder)
        self.forwards, self.cipher = forwards, cipher

    def start(self):
        host, user = (os.path.join(self.folder, name) for name in ("hostkey", "userkey"))
        for key in (host, user):
            if not os.path.exists(key):
                run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        with open(host + ".pub", encoding="ascii") as file:
            write_file(os.path.join(self.folder, "known"), "bench " + " ".join(file.read().split()[:2]) + "\n")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        address = ADDRESSES["b"]
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"  # which calls itself again by its whole path
        self.begin("b", "sshd", sshd, "-D", "-e", "-f", "/dev/null", "-h", host, "-p", SSH_PORT, "-o", f"ListenAddress={address}",
                   "-o", f"AuthorizedKeysFile={user}.pub", *SSHD)
        listens(self.network, "b", SSH_PORT)
        wanted = [part for forward in self.forwards for part in ("-L", f"{forward.near}:{forward.backend}")]
        self.begin("a", "ssh", "ssh", "-F", "none", "-N", "-i", user, "-c", self.cipher, "-p", SSH_PORT,
                   "-o", f"UserKnownHostsFile={self.folder}/known", "-o", "GlobalKnownHostsFile=none", "-o", "HostKeyAlias=bench",
                   "-o", "ExitOnForwardFailure=yes", *wanted, f"root@{address}")
        for forward in self.forwards:
            listens(self.network, "a", forward.port)


class WireGuard(Processes):
    """wireguard-go, which needs no module of the kernel; ADDRESSES are the nodes' inside it."""
    PROGRAMS = ("wireguard-go", "wg", "ping")
    ADDRESSES = {"a": "10.78.0.1", "b": "10.78.0.2"}
    PORT, MTU = 51820, 1420

    def device(self, node):
        # The interfaces' control sockets have one folder for all namespaces.
        return f"wg{os.getpid()}{node}"[:15]

    def start(self):
        keys = {node: self._key(node) for node in ("a", "b")}
        for node, other in (("a", "b"), ("b", "a")):
            device = self.device(node)
            self.begin(node, "wireguard", "wireguard-go", "-f", device)
            wait_until(lambda node=node, device=device: self.network.run(node, "wg", "show", device, check=False).returncode == 0,
                       f"wireguard-go of {node} answers")
            self.network.run(node, "wg", "set", device, "private-key", keys[node][0], "listen-port", self.PORT, "peer", keys[other][1],
                             "allowed-ips", f"{self.ADDRESSES[other]}/32", "endpoint", f"{ADDRESSES[other]}:{self.PORT}")
            self.network.ip(node, "address", "add", f"{self.ADDRESSES[node]}/24", "dev", device)
            self.network.ip(node, "link", "set", device, "mtu", self.MTU, "up")
        wait_until(lambda: self.network.run("a", "ping", "-q", "-c", 1, "-W", 1, self.ADDRESSES["b"], check=False).returncode == 0,
                   "WireGuard carries a ping")

    def _key(self, node):
        """(file of the private key, the public key)."""
        path = os.path.join(self.folder, f"wireguard-{node}")
        private = run(["wg", "genkey"]).stdout
        write_file(path, private, mode=0o600)
        return path, run(["wg", "pubkey"], input=private).stdout.strip()
