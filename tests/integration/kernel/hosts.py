"""What the guest's programs share: hosts fit for each engine."""

# What funnel-sctpd says it needs for SCTP straight over IP by an engine of its own where the kernel has SCTP as well.
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
    if engine != "kernel":
        network.run(letter, "iptables", "-w", "-A", *DROP_KERNEL_ABORTS)
