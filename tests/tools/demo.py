"""What ./quickstart shows:  demo.py BUILD FOLDER [--keep]. Runs in a process namespace of its own."""
import os
import signal
import sys

import lab
from lab import nsd, slapd

BUILD, FOLDER, KEEP = sys.argv[1], sys.argv[2], "--keep" in sys.argv


def say(text=""):
    print(text, flush=True)


def show(title, text):
    say(f"\n== {title}")
    say(text.rstrip())


def require(text, part, what):
    if part not in text:
        raise lab.LabError(f"{what}: the answer lacks '{part}':\n{text}")


def ask(tunnel):
    """A real dig and a real ldapsearch through the tunnel, each compared with what the server says directly."""
    network = tunnel.network
    dns, ldap = tunnel.services
    name = f"www.{nsd.ZONE}"
    for kind in ("A", "TXT"):
        command = ["dig", "@127.0.0.1", "-p", dns.port(), "+noall", "+answer", "+stats", "+tries=3", "+time=3", name, kind]
        answer = network.run("a", *command).stdout
        show(f"branch$ {' '.join(map(str, command))}", answer)
        require(answer, {"A": "192.0.2.80", "TXT": "carried by Funnel"}[kind], "dig")
    url = f"ldap://127.0.0.1:{ldap.port()}"
    command = ["ldapsearch", "-x", "-LLL", "-H", url, "-b", slapd.BASE, "(uid=user7)"]
    answer = network.run("a", *command).stdout
    show(f"branch$ {' '.join(command)}", answer)
    require(answer, "mail: user7@example.test", "ldapsearch")
    through = tunnel.slapd.search("a", url).stdout
    directly = tunnel.slapd.search("b", f"ldap://127.0.0.1:{slapd.PORT}").stdout
    if through != directly:
        raise lab.LabError("the whole directory read through the tunnel differs from the one read directly")
    say(f"(the whole directory, {through.count('dn: ')} entries, is the same through the tunnel as asked directly)")


def statuses(tunnel):
    for node in tunnel.nodes.values():
        show(f"{node.peer_name}$ funnelctl status", node.funnelctl("status").stdout)


def conclude(tunnel):
    show("What just happened", f"""\
dig and ldapsearch in network namespace "branch" asked local ports; funnel-udpd and funnel-tcpd sealed each request under
the Kerberos context of its own service, and the two funnel-sctpd carried the ciphertext over one SCTP association from
{lab.netns.ADDRESSES['a']} to {lab.netns.ADDRESSES['b']} to a real nsd and a real slapd in namespace "hoster", each service on a stream pair of its own.""")
    if not KEEP:
        return
    dns, ldap = tunnel.services
    inside = f"./quickstart --in {FOLDER}"
    show("It stays up; try", f"""\
{inside} branch dig @127.0.0.1 -p {dns.port()} host42.{nsd.ZONE} A
{inside} branch ldapsearch -x -LLL -H ldap://127.0.0.1:{ldap.port()} -b {slapd.BASE} '(uid=user42)'
{inside} branch funnelctl status
{inside} hoster funnelctl status
ports in namespace "branch": DNS {' '.join(dns.listen)} (UDP), LDAP {' '.join(ldap.listen)} (TCP)
configuration and logs: {FOLDER}/branch and {FOLDER}/hoster
stop it with: ./quickstart --stop {FOLDER}""")


def demonstrate(workspace):
    say(f"quickstart: a Kerberos realm, nsd and slapd in network namespaces (files in {FOLDER})")
    tunnel = lab.Tunnel(BUILD, [lab.dns_service(), lab.ldap_service()], workspace=workspace, with_nsd=True,
                        with_slapd=True)
    try:
        say("quickstart: two Funnel nodes, each with its daemons under their own users")
        tunnel.prepare().start()
        say("quickstart: waiting for the association and a channel for each service")
        tunnel.wait_up()
        ask(tunnel)
        statuses(tunnel)
        conclude(tunnel)
    except lab.LabError as error:
        raise lab.LabError(f"{error}\n\n{tunnel.describe()}") from error
    return tunnel


def main():
    workspace = lab.Workspace(FOLDER, keep=True)  # quickstart.py removes it
    try:
        tunnel = demonstrate(workspace)
    except lab.LabError as error:
        sys.exit(f"quickstart: this went wrong: {error}")
    if KEEP:
        with open(os.path.join(FOLDER, "up"), "w", encoding="utf-8"):
            pass
        signal.pause()
    tunnel.stop()
    say("\nquickstart: all of it is stopped and removed")


main()
