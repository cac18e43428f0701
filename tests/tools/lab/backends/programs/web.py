"""A web server at ADDRESS:PORT that answers with NAME and who asked, or with the digest of what it gets. Arguments: ADDRESS PORT NAME."""
import hashlib
import http.server
import socket
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.answer(f"{sys.argv[3]} for {self.client_address[0]} as {self.headers['Host']}")

    def do_POST(self):
        self.answer(hashlib.sha256(self.rfile.read(int(self.headers["Content-Length"]))).hexdigest())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET


with Server((sys.argv[1], int(sys.argv[2])), Handler) as server:
    print("listening", flush=True)
    server.serve_forever()
