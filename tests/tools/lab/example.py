"""All of examples/ at once in one pair of nodes: copies of its files, changed only where a test machine needs it.

Replaced are the hoster's address, the path of a Unix socket, and that of the keytab; users and groups come from files in
*.d folders. Ports, LAN addresses, names and the realm are those of the examples, since the namespaces are private.

    a: branch1.example.net, 192.168.1.1 and a device at 192.168.1.10         b: ns.hoster.net
"""
import configparser
import glob
import os
import shutil

from .base import run, write_file
from .netns import ADDRESSES, Network
from .node import AUTHD, SCTPD, Node
from .nodes import Nodes
from .realm import Realm
from .service import Service, ini

EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))),
                        "examples")
FOLDERS = {"a": "branch1", "b": "hoster"}
REALM = "EXAMPLE.NET"
KEYTAB = "/etc/funnel/keytabs/funnel.keytab"
SOCKETS = "/run"  # where the examples have backends' Unix sockets


class Lists(dict):
    """A key that comes again makes a list."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def read_ini(path):
    """{section: {key: [values]}}."""
    parser = configparser.RawConfigParser(dict_type=Lists, strict=False, inline_comment_prefixes=(" ;",))
    parser.read(path, encoding="utf-8")
    return {section: {key: value.split("\n") for key, value in parser.items(section)} for section in parser.sections()}


def names():
    """Of examples for two nodes."""
    return sorted(os.path.basename(os.path.dirname(path)) for path in glob.glob(EXAMPLES + "/*/branch1"))


def services(name):
    """What an example's services are called."""
    return sorted(file[:-len(".ini")] for file in os.listdir(os.path.join(EXAMPLES, name, "hoster", "services.d")))


def read_service(paths):
    """One service from its two files, {letter: path}."""
    sections = {letter: read_ini(path) for letter, path in paths.items()}
    at = next(letter for letter in paths if "listen" in sections[letter])
    far = next(letter for letter in paths if "connect" in sections[letter])
    return Service(os.path.basename(paths[at])[:-len(".ini")], sections[at]["service"]["protocol"][0],
                   tuple(sections[at]["listen"].get("address", ())), sections[far]["connect"].get("address", [None])[0], at=at)


class ExampleLab(Nodes):
    """`services`: {name: Service}, by what the files say."""

    def __init__(self, build):
        self.build = build
        self.services = {}
        super().__init__()

    def _make_network(self):
        network = Network(self.workspace)
        for address in ("192.168.1.1/24", "192.168.1.10/32"):
            network.ip("a", "address", "add", address, "dev", "lo")
        for letter in ("a", "b"):
            # Backends have the ports of the examples, and no privileges.
            network.run(letter, "sysctl", "-q", "-w", "net.ipv4.ip_unprivileged_port_start=0")
        return network

    def _make_realm(self):
        return Realm(self.workspace, self.network, name=REALM)

    def _make_node(self, letter):
        return Node(self.workspace, self.network, self.realm, self.build, letter)

    def _prepare_node(self, letter):
        node, folder = self.nodes[letter], FOLDERS[letter]
        for example in names():
            self._copy(os.path.join(EXAMPLES, example, folder), node)
        self._write_users(node)
        self._make_keytab(node, folder)

    def _complete(self):
        self._read_services()

    @property
    def sockets(self):
        return self.workspace.folder("sockets", mode=0o1777)

    def _copy(self, folder, node):
        shutil.copytree(folder, node.etc, dirs_exist_ok=True)
        replaced = {"connect = ns.hoster.net": f"connect = {ADDRESSES['b']}", f"unix:{SOCKETS}/": f"unix:{self.sockets}/"}
        for path in glob.glob(node.etc + "/*.d/*.ini"):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for old, new in replaced.items():
                text = text.replace(old, new)
            write_file(path, text)

    @staticmethod
    def _lay_over(path, sections):
        os.makedirs(path + ".d", exist_ok=True)
        write_file(os.path.join(path + ".d", "lab.ini"), ini(sections))

    def _write_users(self, node):
        self._lay_over(os.path.join(node.etc, "funnel.conf"), {
            "node": {"sctpd-user": node.uid(SCTPD), "authd-user": node.uid(AUTHD), "read-group": 0, "admin-group": 0}})

    def _make_keytab(self, node, folder):
        """By the commands of the examples themselves; kadmin writes where it may, and the file goes where it belongs."""
        fresh = os.path.join(self.realm.folder, folder + ".keytab")
        for example in names():
            with open(os.path.join(EXAMPLES, example, "kadmin-" + folder), encoding="utf-8") as file:
                self.realm.kadmin(file.read().replace(KEYTAB, fresh))
        run(["install", "-o", node.uid(AUTHD), "-g", node.uid(AUTHD), "-m", "0400", fresh, node.keytab])

    def _read_services(self):
        for path in sorted(glob.glob(self.nodes["a"].etc + "/services.d/*.ini")):
            name = os.path.basename(path)
            service = read_service({letter: os.path.join(node.etc, "services.d", name)
                                    for letter, node in self.nodes.items()})
            self.services[service.name] = service
            for node in self.nodes.values():
                self._lay_over(node.service_path(service.name), {"service": {"edge-user": node.uid(service.unit)}})

    def start(self):
        for node in (self.nodes["b"], self.nodes["a"]):
            node.add_daemons(self.services.values())
            node.start()
        for service in self.services.values():
            self.nodes[service.at].wait_channel(service.name, deadline=60)
        return self

    def counters(self, name):
        """What the client side's edge of a service has counted."""
        service = self.services[name]
        return self.nodes[service.at].counters(service.unit)
