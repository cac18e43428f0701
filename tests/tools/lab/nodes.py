"""What every lab has: nodes in a network, a realm, backends. All is stopped in the right order, however much of it came up."""
from .base import LabError, Workspace
from .netns import Network
from .nsd import Nsd
from .realm import Realm
from .slapd import Slapd


class Nodes:
    """Use as a context manager, or call `stop`. A subclass says what a node is, and may add to that."""

    def __init__(self, workspace=None, letters="ab", with_nsd=False, with_slapd=False, owns_workspace=None):
        self.workspace = workspace or Workspace()
        self._owns_workspace = workspace is None if owns_workspace is None else owns_workspace
        self.network = self.realm = self.nsd = self.slapd = None
        self.nodes = {}
        try:
            self.network = self._make_network()
            self.realm = self._make_realm()
            self.nsd = Nsd(self.workspace, self.network) if with_nsd else None
            self.slapd = Slapd(self.workspace, self.network) if with_slapd else None
            for letter in letters:
                self.nodes[letter] = self._make_node(letter)
                self._prepare_node(letter)
            self._complete()
        except BaseException:
            self.stop()
            raise

    def _make_network(self):
        return Network(self.workspace)

    def _make_realm(self):
        return Realm(self.workspace, self.network)

    def _make_node(self, letter):
        raise NotImplementedError

    def _prepare_node(self, letter):
        """The part of it that can fail later."""

    def _complete(self):
        """When all nodes are there."""

    @property
    def a(self):
        return self.nodes["a"]

    @property
    def b(self):
        return self.nodes["b"]

    def describe(self):
        return "\n".join(node.describe() for node in self.nodes.values())

    def stop(self):
        reports = []
        try:
            for node in self.nodes.values():
                node.stop()
            reports = [report for node in self.nodes.values() for report in node.sanitizer_reports()]
            for part in (self.slapd, self.nsd, self.realm, self.network):
                if part:
                    part.stop()
        finally:
            if self._owns_workspace:
                self.workspace.remove()
        if reports:
            raise LabError("sanitizers reported:\n" + "\n".join(reports))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
