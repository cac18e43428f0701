"""chronyd as a time server, and as a client that asks once. Neither sets a clock here."""
import contextlib
import os

from ..base import Child, write_file

PORT = 123
QUIET = ("cmdport 0", "bindcmdaddress /")


@contextlib.contextmanager
def time_server(tunnel):
    """At the hoster, on 127.0.0.1."""
    folder = tunnel.workspace.path
    config = os.path.join(folder, "chrony.conf")
    write_file(config, "\n".join(["local stratum 3", "allow all", "bindaddress 127.0.0.1", f"port {PORT}", *QUIET,
                                  f"pidfile {folder}/chrony.pid", ""]))
    server = Child("chronyd", tunnel.network.inside("b", "chronyd", "-x", "-d", "-u", "root", "-f", config),
                   os.path.join(folder, "chrony.out"))
    try:
        yield
    finally:
        server.stop()


def ask_time(tunnel, port, *settings):
    """What a client at the branch says of the server at 127.0.0.1."""
    return tunnel.run("a", "chronyd", "-x", "-u", "root", "-Q", "-t", "20", f"server 127.0.0.1 port {port} iburst maxsamples 4",
                      *settings, *QUIET, f"pidfile {tunnel.workspace.path}/client.pid", check=False, timeout=40).stdout
