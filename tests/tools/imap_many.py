#!/usr/bin/python3 -B
"""Many IMAP commands on one connection, none of which waits for another.

    imap_many.py HOST PORT USER PASSWORD MESSAGES [start-tls | compress | idle]

Asks for each of the first MESSAGES messages of INBOX by a command of its own, all at once. Before that TLS begins, or after it
compression, and all is asked again; or it idles until another connection has stored a message, and asks for that one.
Prints a JSON object: {"found": {UID: hash of the message}, "overtaken": how many came before one that was asked for earlier,
"times": when each came, in ms since all were asked for; "again": the same as "found", if it was asked again; "stored": what idling told
of}. Fails if a command's result comes before its data.
"""
import hashlib
import json
import re
import socket
import ssl
import sys
import time
import zlib

TIMEOUT = 60
DATA = re.compile(rb"\* (\d+) FETCH \(.*?UID (\d+)\b", re.DOTALL)
LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


class Connection:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        self.buffer = b""
        self.compressor = self.decompressor = None
        self.commands = 0
        assert self.response().startswith(b"* OK")

    def send(self, data):
        if self.compressor:
            data = self.compressor.compress(data) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server ended the connection")
        self.buffer += self.decompressor.decompress(data) if self.decompressor else data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line + b"\r\n"

    def exactly(self, size):
        while len(self.buffer) < size:
            self.receive()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def response(self):
        """One response, with its literals."""
        said = self.line()
        while literal := LITERAL.search(said):
            said += self.exactly(int(literal[1])) + self.line()
        return said

    def ask(self, command):
        self.commands += 1
        tag = b"a%d" % self.commands
        self.send(tag + b" " + command + b"\r\n")
        return tag

    def result(self, tag):
        """What came until the command's result."""
        said = []
        while not (response := self.response()).startswith(tag + b" "):
            said.append(response)
        assert response.startswith(tag + b" OK"), response
        return said

    def do(self, command):
        return self.result(self.ask(command))

    def begin_tls(self):
        self.do(b"STARTTLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def begin_compression(self):
        self.do(b"COMPRESS DEFLATE")
        self.compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self.decompressor = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        self.buffer = self.decompressor.decompress(self.buffer) if self.buffer else b""

    def idle_until(self, what, do):
        """Until a response ends with WHAT; DO, once the server idles."""
        tag = self.ask(b"IDLE")
        assert self.response().startswith(b"+")
        do()
        while not (response := self.response()).endswith(what + b"\r\n"):
            pass
        self.send(b"DONE\r\n")
        self.result(tag)
        return response.decode().strip()


def fetch(connection, uids):
    begin = time.monotonic()
    wanted = {connection.ask(b"UID FETCH %d (UID BODY.PEEK[])" % uid): uid for uid in uids}
    found, overtaken, latest, times = {}, 0, 0, []
    while wanted:
        response = connection.response()
        if data := DATA.match(response):
            uid = int(data[2])
            found[uid] = hashlib.sha256(response).hexdigest()
            times.append(round((time.monotonic() - begin) * 1000, 1))
            overtaken += uid < latest
            latest = max(latest, uid)
        elif not response.startswith(b"* "):
            tag, status = response.split()[:2]
            assert status == b"OK" and wanted.pop(tag) in found, response
    return found, overtaken, times


def main():
    host, port, user, password, messages, *how = sys.argv[1:]
    login = f"LOGIN {user} {password}".encode()
    connection = Connection(host, int(port))
    if how == ["start-tls"]:
        connection.begin_tls()
    connection.do(login)
    connection.do(b"SELECT INBOX")
    uids = range(1, int(messages) + 1)
    found, overtaken, times = fetch(connection, uids)
    said = {"found": found, "overtaken": overtaken, "times": times}

    if how == ["compress"]:
        connection.begin_compression()
        said["again"] = fetch(connection, uids)[0]
    if how == ["idle"]:
        other = Connection(host, int(port))
        other.do(login)
        text = b"Subject: new\r\n\r\nhello\r\n"
        told = connection.idle_until(b"EXISTS", lambda: other.do(b"APPEND INBOX {%d+}\r\n%s" % (len(text), text)))
        said["stored"] = connection.do(b"FETCH %s BODY.PEEK[TEXT]" % told.split()[1].encode())[0].decode()
        other.do(b"LOGOUT")
    connection.do(b"LOGOUT")
    print(json.dumps(said))


main()
