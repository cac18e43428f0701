#!/usr/bin/python3 -B
"""Many XMPP stanzas on one connection, none of which waits for another.

    xmpp_many.py HOST PORT DOMAIN PASSWORD FRIENDS MESSAGES [start-tls | count]

Logs in as alice and as friend0, friend1, ... (so many FRIENDS), each on a connection of its own; alice then writes MESSAGES messages
to each, one to each in turn, all at once, and every friend sends back what it gets. They are so long that few share a packet. Alice's
connection begins TLS first, or lets the server count its stanzas (XEP-0198). Prints a JSON object:
{"returned": {friend: the numbers of the messages that alice got from it, in order}}.
"""
import base64
import json
import re
import select
import socket
import ssl
import sys

TIMEOUT = 60
PADDING = "x" * 400
HEADER = "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
MESSAGE = re.compile(r"<message\b[^>]*?\bfrom=['\"]([^@'\"]+)@[^>]*><body>([^<]*)</body></message>")


class Client:
    def __init__(self, host, port, domain, name, password, how):
        self.domain, self.name = domain, name
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        self.text = ""
        self.begin()
        if how == "start-tls":
            self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            self.until("<proceed")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
            self.begin()
        secret = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        self.until("<success")
        self.begin()
        self.send("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desk</resource></bind></iq>")
        self.until("</iq>")
        if how == "count":
            self.send("<enable xmlns='urn:xmpp:sm:3'/>")
            self.until("<enabled")
        self.send("<presence/>")
        self.until("<presence")

    def begin(self):
        self.send(HEADER.format(self.domain))
        self.until("</stream:features>")

    def send(self, text):
        self.socket.sendall(text.encode())

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the server ended {self.name}'s connection after {self.text[-300:]}")
        self.text += data.decode()

    def until(self, end):
        """Throws away what comes, to END and the rest of its tag."""
        while end not in self.text or ">" not in self.text[self.text.index(end):]:
            self.receive()
        self.text = self.text[self.text.index(">", self.text.index(end)) + 1:]

    def messages(self):
        """(from, body) of those that are there; alice's friends have no others to talk to."""
        while found := MESSAGE.search(self.text):
            self.text = self.text[found.end():]
            yield found[1], found[2]

    def pending(self):
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0


def message(to, domain, body):
    return f"<message to='{to}@{domain}' type='chat'><body>{body}</body></message>"


def main():
    host, port, domain, password, friend_count, message_count, *how = sys.argv[1:]
    friends = [f"friend{number}" for number in range(int(friend_count))]
    others = [Client(host, int(port), domain, name, password, None) for name in friends]
    alice = Client(host, int(port), domain, "alice", password, *(how or [None]))
    alice.send("".join(message(name, domain, f"{number} {PADDING}") for number in range(int(message_count)) for name in friends))

    returned = {name: [] for name in friends}
    clients = {one.socket: one for one in (alice, *others)}
    while any(len(bodies) < int(message_count) for bodies in returned.values()):
        ready = [alice.socket] if alice.pending() else select.select(list(clients), [], [], TIMEOUT)[0]
        if not ready:
            raise TimeoutError(f"only {json.dumps(returned)} came")
        for one in ready:
            client = clients[one]
            client.receive()
            for sender, body in client.messages():
                if client is alice:
                    returned[sender].append(int(body.removesuffix(PADDING)))
                else:
                    client.send(message("alice", domain, body))
    for client in clients.values():
        client.send("</stream:stream>")
    print(json.dumps({"returned": returned}))


if __name__ == "__main__":
    main()
