"""A throw-away Kerberos realm: an MIT KDC in namespace k, all its files in the lab's folder."""
import os

from .base import Child, LabError, run, tail, wait_until, write_file
from .netns import ADDRESSES

REALM = "FUNNEL.TEST"
KDC_PORT = 8888
KDC_UID = 64900

# aes256-sha2 first, as production should have it; "sha1" is what older realms offer.
ENCTYPES = {
    "sha2": "aes256-cts-hmac-sha384-192 aes128-cts-hmac-sha256-128 aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96",
    "sha1": "aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96",
}

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_realm = false
    dns_lookup_kdc = false
    dns_canonicalize_hostname = false
    rdns = false
    permitted_enctypes = {enctypes}
    default_ccache_name = MEMORY:
    ticket_lifetime = {lifetime}
    kdc_timesync = 0
    udp_preference_limit = 32700
[realms]
    {realm} = {{
        kdc = {address}:{port}
    }}
"""

KDC_CONF = """\
[kdcdefaults]
    kdc_listen = {address}:{port}
    kdc_tcp_listen = {address}:{port}
[realms]
    {realm} = {{
        database_name = {folder}/principal
        key_stash_file = {folder}/stash
        max_life = {lifetime}
        max_renewable_life = 0
        master_key_type = aes256-cts-hmac-sha1-96
        supported_enctypes = {keytypes}
    }}
[logging]
    kdc = FILE:{folder}/kdc.log
"""


class Realm:
    """`lifetime` limits every ticket, e.g. "10s"; `enctypes` is a key of ENCTYPES. Another realm in addition to the first one has
    a name, a namespace and an address of its own."""

    def __init__(self, workspace, network, enctypes="sha2", lifetime="1h", name=REALM, node="k", address=ADDRESSES["k"],
                 port=KDC_PORT):
        self.network = network
        self.name = name
        self.node = node
        self.address = address
        self.port = port
        self.folder = workspace.folder("realm" if name == REALM else name, KDC_UID)
        self.log = os.path.join(self.folder, "krb5kdc.out")
        self.config = os.path.join(self.folder, "krb5.conf")
        self.kdc_config = os.path.join(self.folder, "kdc.conf")
        self.kdc = None
        self.environment = {"KRB5_CONFIG": self.config, "KRB5_KDC_PROFILE": self.kdc_config,
                            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                            "KRB5CCNAME": "MEMORY:", "TMPDIR": self.folder}
        self.write_config(enctypes, lifetime)
        self._kdc("kdb5_util", "create", "-s", "-r", self.name, "-P", os.urandom(16).hex())
        self.start()

    def write_config(self, enctypes, lifetime):
        listed = ENCTYPES[enctypes]
        values = {"realm": self.name, "address": self.address, "port": self.port, "folder": self.folder,
                  "lifetime": lifetime, "enctypes": listed,
                  "keytypes": " ".join(kind + ":normal" for kind in listed.split())}
        write_file(self.config, KRB5_CONF.format(**values))
        write_file(self.kdc_config, KDC_CONF.format(**values))

    def _kdc(self, *command, **options):
        return run(command, uid=KDC_UID, env=self.environment, **options)

    def start(self, prefix=()):
        """`prefix` goes before the KDC's command, such as faketime's."""
        command = [*prefix, "krb5kdc", "-n", "-r", self.name]
        self.kdc = Child("krb5kdc", self.network.inside(self.node, "setpriv", "--reuid", KDC_UID, "--regid", KDC_UID,
                                                        "--clear-groups", "--pdeathsig", "KILL", *command),
                         self.log, env=self.environment)
        wait_until(self._listens, "the KDC listens", detail=lambda: tail(self.log))

    def _listens(self):
        self.kdc.require_running()
        done = self.network.run(self.node, "cat", "/proc/net/tcp", check=False)
        return any(line.split()[1].endswith(f":{self.port:04X}") for line in done.stdout.splitlines()[1:])

    def stop(self):
        if self.kdc:
            self.kdc.stop()
            self.kdc = None

    def admin(self, query):
        """One kadmin.local query; the database is a plain file, so this works while the KDC runs."""
        done = self._kdc("kadmin.local", "-r", self.name, "-p", f"lab@{self.name}", "-q", query)
        if "while " in done.stdout and ": " in done.stdout.split("while ", 1)[0][-80:]:
            raise LabError(f"kadmin.local {query}\n{done.stdout}")
        return done.stdout

    def kadmin(self, commands):
        """The commands of a file, as an administrator gives them to kadmin; principals that are there stay."""
        return self._kdc("kadmin.local", "-r", self.name, "-p", f"lab@{self.name}", input=commands).stdout

    def add(self, *principals):
        for principal in principals:
            self.admin(f"addprinc -randkey {principal}")

    def change_key(self, principal):
        """The KDC uses the new key at once; keytabs keep the old one until written again."""
        self.admin(f"cpw -randkey {principal}")

    def keytab(self, path, *principals, uid=0):
        """Writes the present keys to a keytab that only `uid` can read; it replaces an older file."""
        fresh = os.path.join(self.folder, "keytab." + os.urandom(4).hex())
        for principal in principals:
            self.admin(f"ktadd -k {fresh} -norandkey {principal}")
        os.chown(fresh, uid, uid)
        os.chmod(fresh, 0o400)
        run(["cp", "--preserve=mode,ownership", fresh, path + ".new"])
        os.unlink(fresh)
        os.rename(path + ".new", path)
