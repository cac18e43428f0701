"""What ./quickstart shows:  demo.py BUILD FOLDER [--keep] [--systemd]. Runs in a process namespace of its own."""
import os
import signal
import sys

import lab
from lab import guest, nsd, package, slapd

BUILD, FOLDER, KEEP, SYSTEMD = sys.argv[1], sys.argv[2], "--keep" in sys.argv, "--systemd" in sys.argv


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
    dns, ldap = tunnel.services
    name = f"www.{nsd.ZONE}"
    for kind in ("A", "TXT"):
        command = ["dig", "@127.0.0.1", "-p", dns.port(), "+noall", "+answer", "+stats", "+tries=3", "+time=3", name, kind]
        answer = tunnel.run("a", *command).stdout
        show(f"branch$ {' '.join(map(str, command))}", answer)
        require(answer, {"A": "192.0.2.80", "TXT": "carried by Funnel"}[kind], "dig")
    url = f"ldap://127.0.0.1:{ldap.port()}"
    command = ["ldapsearch", "-x", "-LLL", "-H", url, "-b", slapd.BASE, "(uid=user7)"]
    answer = tunnel.run("a", *command).stdout
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


WHERE = {False: 'in network namespace "{}"', True: 'on guest "{}"'}[SYSTEMD]


def conclude(tunnel):
    show("What just happened", f"""\
dig and ldapsearch {WHERE.format("branch")} asked local ports; funnel-udpd and funnel-tcpd sealed each request under
the Kerberos context of its own service, and the two funnel-sctpd carried the ciphertext over one SCTP association from
{lab.netns.ADDRESSES['a']} to {lab.netns.ADDRESSES['b']} to a real nsd and a real slapd at "hoster", each service on a stream pair of its own.""")
    if not KEEP:
        return
    dns, ldap = tunnel.services
    inside = f"./quickstart --in {FOLDER}"
    more = f"""\
{inside} branch systemctl status 'funnel*'
{inside} hoster journalctl -u 'funnel*'
configuration: /etc/funnel in each guest; what is in a guest vanishes with it""" if SYSTEMD else f"""\
configuration and logs: {FOLDER}/branch and {FOLDER}/hoster"""
    show("It stays up; try", f"""\
{inside} branch dig @127.0.0.1 -p {dns.port()} host42.{nsd.ZONE} A
{inside} branch ldapsearch -x -LLL -H ldap://127.0.0.1:{ldap.port()} -b {slapd.BASE} '(uid=user42)'
{inside} branch funnelctl status
{inside} hoster funnelctl status
{more}
ports {WHERE.format("branch")}: DNS {' '.join(dns.listen)} (UDP), LDAP {' '.join(ldap.listen)} (TCP)
stop it with: ./quickstart --stop {FOLDER}""")


def bare(workspace):
    """Two nodes as bare processes."""
    say(f"quickstart: a Kerberos realm, nsd and slapd in network namespaces (files in {FOLDER})")
    tunnel = lab.Tunnel(BUILD, [lab.dns_service(), lab.ldap_service()], workspace=workspace, with_nsd=True,
                        with_slapd=True)
    say("quickstart: two Funnel nodes, each with its daemons under their own users")
    return tunnel


def installed(workspace):
    """Two nodes as an administrator sets them up."""
    say("quickstart: making funnel_*.deb (a few minutes, where the compiler has seen nothing of it yet)")
    made = package.package_in(workspace.folder("package"))
    say(f"quickstart: {os.path.basename(made)}; making the guests' Debian, if it is not there yet (a minute)")
    guest.image()
    say("quickstart: a Kerberos realm, nsd and slapd in network namespaces; two guests with systemd")
    services = [lab.dns_service(listen=("127.0.0.1:53", "[::1]:53")),
                lab.ldap_service(listen=("127.0.0.1:389", "[::1]:389"))]
    tunnel = lab.InstalledTunnel(made, services, workspace=workspace, with_nsd=True, with_slapd=True)
    say("quickstart: in each guest: apt install ./funnel_*.deb; INI files to /etc/funnel; systemctl enable --now "
        + " ".join(f"{service.unit}.socket" for service in services))
    return tunnel


def demonstrate(workspace):
    tunnel = installed(workspace) if SYSTEMD else bare(workspace)
    try:
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
    if SYSTEMD and guest.missing():
        sys.exit(f"quickstart: no guest can run here: {guest.missing()}")
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
