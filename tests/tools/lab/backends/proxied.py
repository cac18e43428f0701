"""Web servers that take the client's address from the PROXY protocol only, and answer with it."""
from .server import Server

NGINX = """\
daemon off;
pid {folder}/pid;
error_log stderr;
events {{
}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} proxy_protocol;
        location / {{
            return 200 "client $proxy_protocol_addr:$proxy_protocol_port\\n";
        }}
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
        config = self.write("nginx.conf", NGINX.format(folder=self.folder, port=port))
        self.start("nginx", "-p", self.folder, "-e", "stderr", "-c", config, answers=lambda: self.listens(port))


class HaproxyBehindProxy(Server):
    def __init__(self, lab, port):
        super().__init__(lab, "haproxy")
        self.start("haproxy", "-db", "-f", self.write("haproxy.cfg", HAPROXY.format(port=port)), answers=lambda: self.listens(port))
