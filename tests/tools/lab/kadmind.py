"""The realm's administration server next to its KDC, for those who follow the manual and type kadmin's commands."""
import os

from .base import Child, tail, wait_until, write_file
from .realm import KDC_UID

ADMIN = "admin/admin"
PASSWORD = "wonderland"
PORT = 1749


class Kadmind:
    """Lets ADMIN in with PASSWORD. `krb5_conf` is what a machine's /etc/krb5.conf has to say to reach it."""

    def __init__(self, realm):
        acl = os.path.join(realm.folder, "kadm5.acl")
        write_file(acl, f"{ADMIN}@{realm.name} *\n")
        with open(realm.kdc_config, encoding="utf-8") as file:
            text = file.read()
        write_file(realm.kdc_config, text.replace("        database_name", f"        acl_file = {acl}\n        kadmind_port = "
                                                  f"{PORT}\n        kpasswd_port = {PORT + 1}\n        database_name"))
        with open(realm.config, encoding="utf-8") as file:
            self.krb5_conf = file.read().replace("        kdc =", f"        admin_server = {realm.address}:{PORT}\n"
                                                 "        kdc =")
        realm.admin(f"addprinc -pw {PASSWORD} {ADMIN}")
        log = os.path.join(realm.folder, "kadmind.out")
        self.child = Child("kadmind", realm.network.inside(realm.node, "setpriv", "--reuid", KDC_UID, "--regid", KDC_UID,
                                                           "--clear-groups", "--pdeathsig", "KILL", "kadmind", "-nofork",
                                                           "-r", realm.name), log, env=realm.environment)

        def listens():
            self.child.require_running()
            listed = realm.network.run(realm.node, "cat", "/proc/net/tcp", "/proc/net/tcp6").stdout
            return f":{PORT:04X} " in listed
        wait_until(listens, "kadmind listens", detail=lambda: tail(log))

    def stop(self):
        self.child.stop()
