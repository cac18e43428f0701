"""Two sites with a lossy link between them, and the ways by which the page comes.

    site a                                                              site b
    Chromium -HTTP/2-> nghttpx  ---- one connection of HTTP/2 ---->     nginx 10.77.0.2:8080
                        1. TCP                  10.77.0.2:8080
                        2. TLS by stunnel       127.0.0.1:9003 ===> 10.77.0.2:8443 stunnel
                        3. Funnel as bytes      127.0.0.1:9002 ===> funnel-tcpd
                        4. Funnel's module      127.0.0.1:9001 ===> funnel-tcpd
                        5. and copies = 2       127.0.0.1:9004 ===> funnel-tcpd
"""
import os

import lab
from lab.backends.http2 import PORT, Http2
from lab.base import Child, LabError, run, wait_until, write_file
from lab.netns import ADDRESSES
from lab.wan import Wan

FRONT = 8443
MODULE = {"module": "http2", "module-required": "yes"}
COPIES = {**MODULE, "copies": 2}
STUNNEL = """\
foreground = yes
debug = 3
sslVersion = TLSv1.3
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[web]
client = {client}
accept = {accept}
connect = {connect}
cert = {cert}
"""
SMALL, SMALL_SIZE = "small.bin", 1500
ANSWERS, AT_ONCE = 1000, 24
# So that no window, but the path, decides how fast answers come.
WINDOW = 4 << 20


class Way:
    """One of those by which the page comes. `control`: the congestion control of TCP between the sites."""

    def __init__(self, name, title, backend, control=None):
        self.name, self.title, self.backend, self.control = name, title, backend, control

    @property
    def through_stunnel(self):
        return self.name.startswith("stunnel")


def ways():
    direct, stunnel = f"{ADDRESSES['b']},{PORT}", "127.0.0.1,9003"
    return [
        Way("tcp-cubic", "TCP, CUBIC", direct, "cubic"),
        Way("stunnel-cubic", "stunnel, CUBIC", stunnel, "cubic"),
        Way("tcp-bbr", "TCP, BBR", direct, "bbr"),
        Way("stunnel-bbr", "stunnel, BBR", stunnel, "bbr"),
        Way("funnel-bytes", "Funnel, no module", "127.0.0.1,9002"),
        Way("funnel", "Funnel, http2", "127.0.0.1,9001"),
        Way("funnel-copies", "Funnel, http2, copies", "127.0.0.1,9004"),
    ]


class Stage:
    def __init__(self, build, folder, delay, loss, rate):
        where = f"127.0.0.1:{PORT}"
        self.tunnel = lab.Tunnel(build, [
            lab.Service("web", "tcp", ("127.0.0.1:9001",), where, listen_service=MODULE, connect_service=MODULE),
            lab.Service("copies", "tcp", ("127.0.0.1:9004",), where, listen_service=COPIES, connect_service=COPIES),
            lab.Service("bytes", "tcp", ("127.0.0.1:9002",), where),
        ], workspace=lab.Workspace(folder), settings={"node": {"log-level": "info"}})
        self.network = self.tunnel.network
        self.wan = Wan(build, delay=delay, loss=loss, rate=rate)
        self.folder = self.tunnel.workspace.folder("demo")
        self.web = None
        self.children = []
        self.cert, self.key = (os.path.join(self.folder, name) for name in ("own.pem", "own.key"))

    def set_up(self, files):
        self.wan.take_over(self.network)
        self.tunnel.prepare().start().wait_up()
        self.web = Http2(self.tunnel)
        for name, content in {**files, SMALL: bytes(SMALL_SIZE)}.items():
            self.web.put(name, content)
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.key, "-out",
             self.cert, "-days", "2", "-subj", "/CN=127.0.0.1"])
        os.chmod(self.key, 0o644)
        with open(self.cert, "ab") as both, open(self.key, "rb") as key:
            both.write(key.read())

    def can_control(self, control):
        """Sets TCP's congestion control on the way between the sites; a namespace may name any that the kernel has loaded."""
        try:
            for node in ("a", "b"):
                self.network.ip(node, "route", "replace", "10.77.0.0/24", "dev", "lan", "congctl", control)
        except LabError:
            return False
        return True

    def _start(self, node, name, *command, port):
        child = Child(name, self.network.inside(node, *command), os.path.join(self.folder, f"{name}-{node}.log"))
        self.children.append(child)

        def listens():
            child.require_running()
            return f":{port} " in self.network.run(node, "ss", "-tHln").stdout
        wait_until(listens, f"{name} listens on {port}")

    def open(self, way):
        """Proxies with no connection yet, on a way."""
        if way.control and not self.can_control(way.control):
            return False
        if way.through_stunnel:
            far = f"{ADDRESSES['b']}:8443"
            for node, client, accept, connect in (("b", "no", far, f"127.0.0.1:{PORT}"), ("a", "yes", "127.0.0.1:9003", far)):
                path = os.path.join(self.folder, f"stunnel-{node}.conf")
                write_file(path, STUNNEL.format(client=client, accept=accept, connect=connect, cert=self.cert))
                self._start(node, "stunnel", "stunnel", path, port=accept.rpartition(":")[2])
        self._start("a", "nghttpx", "nghttpx", "--conf=/dev/null", "--single-process", f"--frontend=127.0.0.1,{FRONT}",
                    f"--backend={way.backend};;proto=h2", f"--backend-http2-window-size={WINDOW}", f"--frontend-http2-window-size={WINDOW}",
                    f"--frontend-http2-connection-window-size={WINDOW}", self.key, self.cert, port=FRONT)
        return True

    def close(self):
        for child in reversed(self.children):
            child.stop()
        self.children.clear()

    def small_answers(self, way):
        """How long answers take of which one packet has each, many at a time on one connection: half of them, 99 %; in milliseconds."""
        log = os.path.join(self.folder, "answers.log")
        where = way.backend.replace(",", ":")
        self.network.run("a", "h2load", "-n", ANSWERS, "-c", 1, "-m", AT_ONCE, "-t", 1, f"--log-file={log}", f"http://{where}/{SMALL}",
                         timeout=120)
        with open(log, encoding="ascii") as lines:
            took = sorted(int(line.split("\t")[2]) / 1000 for line in lines)
        os.remove(log)
        if len(took) != ANSWERS:
            raise LabError(f"{way.title}: {len(took)} answers of {ANSWERS}")
        return took[ANSWERS // 2], took[ANSWERS * 99 // 100]

    def overtook(self):
        """Messages of the module's services that site a's application had before earlier ones."""
        return sum(self.tunnel.a.counters(f"funnel-tcpd@{service}")["messages_overtook"] for service in ("web", "copies"))

    def stop(self):
        self.close()
        if self.web:
            self.web.stop()
        self.wan.stop()
        self.tunnel.stop()
