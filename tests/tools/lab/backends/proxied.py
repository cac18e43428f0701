"""Web servers that take the client's address from the PROXY protocol only, and answer with it."""
from . import nginx
from .server import Server

NGINX = """\
    server {{
        listen 127.0.0.1:{port} proxy_protocol;
        location / {{
            return 200 "client $proxy_protocol_addr:$proxy_protocol_port\\n";
        }}
    }}
"""
HAPROXY = """\
defaults
    mode http
    timeout client 20s
frontend web
    bind 127.0.0.1:{port} accept-proxy
    http-request return status 200 content-type text/plain lf-string "client %[src]:%[src_port]\\n"
"""


class NginxBehindProxy(Server):
    def __init__(self, lab, port):
        super().__init__(lab, "nginx-proxied")
        nginx.start(self, lambda: self.listens(port), NGINX, port=port)


class HaproxyBehindProxy(Server):
    def __init__(self, lab, port):
        super().__init__(lab, "haproxy")
        self.start("haproxy", "-db", "-f", self.write("haproxy.cfg", HAPROXY.format(port=port)), answers=lambda: self.listens(port))
