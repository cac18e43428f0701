"""What nsd and slapd answer through the tunnel must be what they answer when asked where they run."""
from lab import nsd, slapd


def check_equal(tunnel, name="big"):
    """NAME's TXT records by UDP, and all people: asked of node a's services, and of the servers on node b's side."""
    options = ("+bufsize=4096", "+notcp", "+ignore")
    through = tunnel.nsd.dig("a", "127.0.0.1", 5353, name, "TXT", *options)
    assert through and through == tunnel.nsd.dig("b", "127.0.0.1", nsd.PORT, name, "TXT", *options), through
    direct = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    assert tunnel.slapd.search("a", "ldap://127.0.0.1:3389").stdout == direct
    assert direct.count("dn: ") == slapd.PEOPLE + 2
    return through
