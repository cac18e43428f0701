"""uwsgi with a small application at the hoster, and at the branch nginx, which curl asks."""
import os

from . import nginx
from .server import Server

APPLICATION = """\
def application(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ['HTTP_HOST']} {len(body)}\\n".encode()]
"""
NGINX = """\
    client_max_body_size 10m;
    server {{
        listen 127.0.0.1:8080;
        location / {{
            include /etc/nginx/uwsgi_params;
            uwsgi_pass {where};
        }}
    }}
"""


class Uwsgi(Server):
    def __init__(self, lab):
        super().__init__(lab, "uwsgi")
        self.start("uwsgi-core", "--plugin", "python3", "--socket", "127.0.0.1:3031", "--wsgi-file",
                   self.write("application.py", APPLICATION), "--die-on-term", answers=lambda: self.listens(3031))


class Nginx(Server):
    """With the clients; `where` is where it reaches the application."""

    def __init__(self, lab, node, where):
        super().__init__(lab, "nginx", node)
        nginx.start(self, lambda: self.listens(8080), NGINX, where=where)

    def post(self, path, size):
        body = self.path("body.bin")
        with open(body, "wb") as out:
            out.write(os.urandom(size))
        return self.network.run(self.node, "curl", "-sS", "--fail", "--max-time", "20", "--data-binary", "@" + body,
                                "http://127.0.0.1:8080" + path).stdout
