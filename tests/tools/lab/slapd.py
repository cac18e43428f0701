"""A real LDAP server, slapd, in namespace b on 127.0.0.1, ::1 and a Unix socket, under its own user."""
import os
from urllib.parse import quote

from .base import Child, run, tail, wait_until, write_file

BASE = "dc=example,dc=test"
PORT = 3890
UID = 64920
PEOPLE = 400

SLAPD_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
sizelimit unlimited
threads 4
database mdb
suffix "{base}"
directory {folder}/db
maxsize 67108864
index uid eq
{secure}access to * by * read
"""
# StartTLS with a certificate of its own, and SASL by DIGEST-MD5, which may put in a layer.
SECURE = """\
TLSCertificateFile {folder}/own.pem
TLSCertificateKeyFile {folder}/own.key
password-hash {{CLEARTEXT}}
authz-regexp "^uid=([^,]+),(cn=[^,]+,)?cn=digest-md5,cn=auth$" "uid=$1,ou=people,{base}"
access to attrs=userPassword by anonymous auth by * none
"""
USER, PASSWORD = "user7", "wonderland"


def directory_text(secure=False):
    entries = [f"dn: {BASE}\nobjectClass: domain\ndc: example\n",
               f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n"]
    for number in range(PEOPLE):
        entries.append(f"dn: uid=user{number},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: user{number}\n"
                       f"cn: User {number}\nsn: {number}\nmail: user{number}@example.test\n"
                       f"description: {'d' * (number % 50)}{number}\n"
                       + (f"userPassword: {PASSWORD}\n" if secure and f"user{number}" == USER else ""))
    return "\n".join(entries)


class Slapd:
    """`secure`: with StartTLS and SASL; two in one lab have a `name` each; `also`: further URLs to listen at."""

    def __init__(self, workspace, network, node="b", port=PORT, secure=False, name="slapd", also=()):
        self.network = network
        self.node = node
        self.port = port
        self.also = also
        self.folder = workspace.folder(name, UID)
        workspace.folder(f"{name}/db", UID)
        self.socket = os.path.join(self.folder, "ldapi")
        self.config = os.path.join(self.folder, "slapd.conf")
        self.log = os.path.join(self.folder, "slapd.out")
        self.child = None
        ldif = os.path.join(self.folder, "directory.ldif")
        more = SECURE.format(folder=self.folder, base=BASE) if secure else ""
        write_file(self.config, SLAPD_CONF.format(folder=self.folder, base=BASE, secure=more))
        write_file(ldif, directory_text(secure))
        if secure:
            run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=localhost", "-keyout", os.path.join(self.folder, "own.key"), "-out",
                 os.path.join(self.folder, "own.pem")], uid=UID)
        run(["slapadd", "-q", "-f", self.config, "-l", ldif], uid=UID)
        self.start()

    def start(self):
        urls = f"ldap://127.0.0.1:{self.port}/ ldap://[::1]:{self.port}/ ldapi://{quote(self.socket, safe='')}/ {' '.join(self.also)}"
        command = self.network.inside(self.node, "setpriv", "--reuid", UID, "--regid", UID, "--clear-groups",
                                      "--pdeathsig", "KILL", "/usr/sbin/slapd", "-d", "0", "-h", urls, "-f", self.config)
        self.child = Child("slapd", command, self.log)
        wait_until(self._answers, "slapd answers", interval=0.05, detail=lambda: tail(self.log))

    def _answers(self):
        self.child.require_running()
        done = self.search(self.node, f"ldap://127.0.0.1:{self.port}", "(uid=user7)", check=False)
        return "uid: user7" in done.stdout

    def search(self, node, url, query="(objectClass=*)", *attributes, check=True, timeout=30):
        return self.network.run(node, "ldapsearch", "-x", "-LLL", "-o", "nettimeout=10", "-H", url, "-b", BASE, query,
                                *attributes, check=check, timeout=timeout)

    def stop(self):
        if self.child:
            self.child.stop()
            self.child = None
