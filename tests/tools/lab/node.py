"""One Funnel node: its configuration, its daemons under their own users, its status."""
import contextlib
import os

import enterable

from .asked import Asked
from .base import LabError, tail, wait_until, write_file
from .daemon import Daemon
from .measure import read_counters
from .service import ini, principal

# Names end in the node's letter where both nodes are in one picture.
PEER_NAMES = {"a": "branch", "b": "hoster", "r": "relay1", "s": "relay2", "t": "relay3", "c": "branch2"}
NODE_NAMES = {letter: name + ".funnel.test" for letter, name in PEER_NAMES.items()}
FIRST_UID = {letter: 64000 + 100 * number for number, letter in enumerate(PEER_NAMES)}
AUTHD, SCTPD, EXEC = "funnel-authd", "funnel-sctpd", "funnel-exec"
ACCEPTING = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "accepting")
# The engine of nodes that do not choose one, so that all tests can be run with each.
ENGINE = os.environ.get("FUNNEL_ENGINE", "own")
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")


class Node(Asked):
    """`letter` is the namespace; `build` the folder of meson's build. Start what is to run by name:
    "funnel-authd", "funnel-sctpd", "funnel-udpd@dns"."""

    engine = ENGINE

    def __init__(self, workspace, network, realm, build, letter, node_name=None):
        self.network = network
        self.realm = realm
        self.build = os.path.abspath(build)
        self.modules = os.path.join(self.build, "modules")  # where edges look for them
        self.tools = os.path.join(self.build, "tests", "tools")  # what makes load
        self._require_open(self.path(SCTPD))
        self.letter = letter
        self.node_name = node_name or NODE_NAMES[letter]
        self.peer_name = PEER_NAMES[letter]
        self.daemons = {}
        self.settings = {}  # [section][key] of funnel.conf beyond the usual ones
        self.sctpd_options = []  # of its holder, beyond the usual ones
        self.edge_options = {}  # by service: the same of its edge's holder
        self.restart_delay = 1.0
        self._workspace = workspace
        self._uids = {AUTHD: FIRST_UID[letter] + 1, SCTPD: FIRST_UID[letter] + 2}
        self.folder = workspace.folder(self.peer_name)
        for part in ("etc", "etc/peers.d", "etc/services.d", "run", "run/service", "run/edge", "run/command", "run/exec", "daemons"):
            workspace.folder(f"{self.peer_name}/{part}")
        # Several users keep files here, each its own.
        workspace.folder(f"{self.peer_name}/run/counters", mode=0o1777)
        workspace.folder(f"{self.peer_name}/state", mode=0o1777)
        workspace.folder(f"{self.peer_name}/etc/keytabs", self.uid(AUTHD), 0o750)
        self.etc = os.path.join(self.folder, "etc")
        self.run = os.path.join(self.folder, "run")
        self.keytab = os.path.join(self.etc, "keytabs", "funnel.keytab")

    def uid(self, daemon):
        """Each daemon and each edge has its own."""
        return self._uids.setdefault(daemon, FIRST_UID[self.letter] + 1 + len(self._uids))

    @property
    def edge_group(self):
        """Every daemon of this node is in it."""
        return FIRST_UID[self.letter]

    @property
    def common_options(self):
        return ["--config", self.etc, "--run", self.run, "--state", os.path.join(self.folder, "state")]

    def path(self, program):
        return os.path.join(self.build, program, program)

    @staticmethod
    def _require_open(program):
        closed = enterable.closed(program) if os.path.exists(program) else None
        if closed:
            raise LabError(f"{closed} is closed to the daemons' users: ./run-tests, ./quickstart and bench/run show them the build "
                           "elsewhere (tests/tools/enterable.py); a build made under a stricter umask is to be made again")

    # Configuration

    def write_node_config(self):
        sections = {
            "node": {"name": self.node_name, "sctpd-user": self.uid(SCTPD), "authd-user": self.uid(AUTHD),
                     "read-group": 0, "admin-group": 0, "log-level": "debug"},
            "kerberos": {"keytab": self.keytab},
            "sctp": {"engine": self.engine},
        }
        for section, keys in self.settings.items():
            sections.setdefault(section, {}).update(keys)
        write_file(os.path.join(self.etc, "funnel.conf"), ini(sections))

    def write_peer(self, peer, there):
        write_file(os.path.join(self.etc, "peers.d", there.peer_name + ".ini"), peer.ini(there))

    def service_path(self, name):
        return os.path.join(self.etc, "services.d", name + ".ini")

    @contextlib.contextmanager
    def service_changed(self, name, old, new):
        """Its file has NEW for OLD meanwhile, and its edge has read it."""
        path = self.service_path(name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if old not in text:
            raise LabError(f"{path} has no {old!r}")
        write_file(path, text.replace(old, new))
        try:
            self.funnelctl("reload", "--wait", name)
            yield
        finally:
            write_file(path, text)
            self.funnelctl("reload", "--wait", name)

    def write_service(self, service, there):
        text = service.listen_ini if service.at == self.letter else service.connect_ini
        write_file(self.service_path(service.name), text(self, there, self.uid(service.unit)))

    def principals(self, services):
        """Those whose keys this node holds."""
        names = {principal("funnel", self.node_name)}
        for service in services:
            listens = service.at == self.letter
            names.add(service.identity if listens and service.identity else principal(service.name, self.node_name))
        return sorted(names)

    # Daemons

    def _environment(self):
        listed = {"KRB5_CONFIG": self.realm.config, "KRB5CCNAME": "MEMORY:", "TMPDIR": self._workspace.path}
        listed.update({name: os.environ[name] for name in PASSED_ON if name in os.environ})
        return [f"--env={name}={value}" for name, value in listed.items()]

    def _own_options(self, program):
        return [f"--modules={self.modules}"] if program in ("funnel-tcpd", "funnel-udpd") else []

    def _add(self, name, arguments, sockets, options=()):
        program = name.partition("@")[0]
        self.daemons[name] = Daemon(
            name, os.path.join(self.folder, "daemons", name), [self.path(program), *self.common_options, *self._own_options(program), *arguments],
            ["--netns", self.network.path(self.letter), f"--restart-delay={self.restart_delay}", *self._environment(),
             f"--groups={self.edge_group}", *sockets, *options], self.uid(name))

    def add_daemons(self, services, lazy=()):
        """Describes all daemons; `lazy` names those that start on the first activity. The connecting
        end of a service always does, as the channel's coming starts it."""
        self._add(AUTHD, [], self._control_sockets("authd", "authd"))
        self._add(SCTPD, [], self._control_sockets("control", "sctpd"), self.sctpd_options)
        for service in services:
            # Where the edge puts its control socket.
            self._workspace.folder(f"{self.peer_name}/run/edge/{service.name}", self.uid(service.unit), 0o755)
            if service.protocol == "command" and service.at == self.letter:
                sockets = [self._socket("listen", f"command/{service.name}.sock", "0666", 0)]
                options = []
            elif service.at == self.letter:
                sockets = [f"--{'udp' if service.protocol == 'udp' else 'tcp'}=listen={address}" for address in service.listen]
                options = ["--lazy"] if service.unit in lazy else []
            else:
                sockets = [self._socket("channel", f"service/{service.name}.sock", "0660", self.uid(SCTPD))]
                options = ["--lazy"]
            self._add(service.unit, [service.name], sockets, [*options, *self.edge_options.get(service.name, [])])
            if service.protocol == "command" and service.at != self.letter:
                self._add_starter(service.name)

    def _add_starter(self, service_name):
        """What starts funnel-exec for each command, under a user of its own."""
        name = f"{EXEC}@{service_name}"
        self.daemons[name] = Daemon(
            name, os.path.join(self.folder, "daemons", name),
            [ACCEPTING, self.path(EXEC), *self.common_options, service_name],
            [*self._environment(), self._socket("exec", f"exec/{service_name}.sock", "0660", self.edge_group), "--lazy"],
            self.uid(name))

    def _socket(self, name, file, mode, group):
        return f"--seqpacket={name}={self.run}/{file},{mode},0:{group}"

    def _control_sockets(self, name, daemon):
        """For edges, and for administrators: those are of root's group, which `read-group` and `admin-group` name."""
        return [self._socket(name, f"{daemon}.sock", "0660", self.edge_group),
                *(self._socket("commands", f"{daemon}-{group}.sock", "0660", 0) for group in ("read", "admin"))]

    def start(self):
        for daemon in self.daemons.values():
            daemon.start()
        for name, daemon in self.daemons.items():
            if "--lazy" not in daemon.holder_options:
                daemon.wait_ready()

    def stop(self):
        # The edges first, so that they can close their channels in order.
        for daemon in reversed(self.daemons.values()):
            daemon.stop()

    def sanitizer_reports(self):
        return [f"{self.peer_name} {daemon.name}: {line}" for daemon in self.daemons.values()
                for line in daemon.sanitizer_reports()]

    def __getitem__(self, name):
        return self.daemons[name]

    def log(self, *names):
        """What these daemons logged (all, by default)."""
        return "".join(self.daemons[name].log for name in names or self.daemons)

    def wait_logged(self, *texts, daemon=None, deadline=15):
        """One line that has all of these, of one daemon or of any."""
        def found():
            names = [daemon] if daemon else []
            return any(all(text in line for text in texts) for line in self.log(*names).splitlines())
        wait_until(found, f"{self.peer_name} logs a line with {texts}", deadline, 0.1, self.describe)

    def counters(self, daemon):
        """What `funnelctl counters` would show of one daemon's file: {name: value}."""
        return read_counters(os.path.join(self.run, "counters", daemon))

    def edge(self, service_name):
        return next(daemon for name, daemon in self.daemons.items() if name.endswith("@" + service_name))

    # What funnelctl says

    def funnelctl(self, *arguments, check=True):
        # Of `status` the exit status is an answer: 1 says that something needs attention.
        check = check and arguments[0] != "status"
        return self.network.run(self.letter, self.path("funnelctl"), *self.common_options, *arguments, check=check)

    def describe(self):
        """All that helps to see what went wrong here."""
        parts = [f"=== {self.peer_name}", self.funnelctl("status", check=False).stdout]
        for daemon in self.daemons.values():
            parts.append(f"{daemon.name}: started {daemon.starts} times, ended: {daemon.exits[-5:]}")
            if os.path.exists(daemon.log_path):
                parts.append(tail(daemon.log_path, 25))
        return "\n".join(parts)
