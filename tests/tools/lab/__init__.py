"""Two Funnel nodes on one machine, with all they need around them: network namespaces, a throw-away
Kerberos realm, a DNS and an LDAP server. Used by quickstart, the integration tests and bench.

Everything that runs is a child of this process and dies with it; everything that is written lies in
one temporary folder. See tunnel.py for the whole, drawn.
"""
from .base import LabError, Workspace, wait_until
from .chain import Chain
from .netns import Network
from .daemon import Daemon
from .installed import InstalledTunnel
from .nat import NatTunnel
from .node import Node
from .nsd import Nsd
from .realm import Realm
from .service import Peer, Service
from .slapd import Slapd
from .tunnel import Tunnel, dns_service, ldap_service

__all__ = ["LabError", "Workspace", "wait_until", "Network", "Node", "Nsd", "Realm", "Peer", "Service", "Slapd",
           "Tunnel", "Chain", "Daemon", "InstalledTunnel", "NatTunnel", "dns_service", "ldap_service"]
