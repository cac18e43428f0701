"""Servers that speak HTTP/2 without TLS, to all who know that they do (prior knowledge)."""
import os
import shutil

from . import nginx
from .server import UID, Server

PORT = 8080
NGINX = """\
    default_type application/octet-stream;
    types {{ text/html html; image/jpeg jpg; }}
    keepalive_requests 1000000;
    server {{
        listen {port} http2;
        root {folder}/root;
        location /trailers/ {{ add_trailer X-Checked $request_id; alias {folder}/root/; }}
    }}
"""


class Http2(Server):
    """Serves what lies in `root`."""

    def __init__(self, lab, port=PORT):
        super().__init__(lab, "nginx-h2c")
        self.port = port
        self.root = self.sub_folder("root")
        nginx.start(self, lambda: self.listens(port), NGINX, port=port)

    def put(self, name, content):
        """A file of bytes below the root."""
        path = os.path.join(self.root, name)
        with open(path, "wb") as out:
            out.write(content)
        shutil.chown(path, UID, UID)
        return path


class Nghttpd(Server):
    """Gives back what was uploaded, and the file `small`, with a trailer."""

    def __init__(self, lab, port=PORT + 1):
        super().__init__(lab, "nghttpd")
        self.port = port
        self.write("small", "an answer")
        self.start("nghttpd", "--no-tls", "--echo-upload", "--trailer=x-checked: yes", "-d", self.folder, str(port),
                   answers=lambda: self.listens(port))
