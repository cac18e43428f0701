"""What the guest's programs share: hosts fit for each engine, and services used."""
from lab import nsd, slapd

# What the userland engine says it needs for SCTP straight over IP where the kernel has SCTP as well.
DROP_KERNEL_ABORTS = ["OUTPUT", "-p", "sctp", "--chunk-types", "any", "ABORT", "-m", "owner", "!", "--uid-owner",
                      "0-4294967294", "-j", "DROP"]


def prepare_link(network, letter, device):
    """What veth needs (tests/lab/engines/two_hosts.cc); trains of UDP (tx-udp-segmentation) stay possible."""
    for feature in ("tx-checksum-sctp", "tx-sctp-segmentation"):
        network.run(letter, "ethtool", "-K", device, feature, "off")
    network.ip(letter, "link", "set", device, "gso_max_size", "1480")


def prepare_host(network, letter, engine):
    """What an administrator would set."""
    udp_port = 9899 if engine == "kernel" else 0
    network.run(letter, "sysctl", "-qw", "net.sctp.intl_enable=1", f"net.sctp.udp_port={udp_port}")
    network.run(letter, "iptables", "-w", "-F", "OUTPUT")
    if engine == "userland":
        network.run(letter, "iptables", "-w", "-A", *DROP_KERNEL_ABORTS)


def check_services(tunnel):
    for name in ("www", "big"):
        options = ("+bufsize=4096", "+notcp", "+ignore", "+short")
        through = tunnel.nsd.dig("a", "127.0.0.1", 5353, name, "TXT", *options)
        assert through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, "TXT", *options), through
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    for _ in range(2):
        assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct
    assert direct.count("dn: ") == slapd.PEOPLE + 2
