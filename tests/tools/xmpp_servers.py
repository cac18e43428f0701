#!/usr/bin/python3 -B
"""One side of conversations between the users of two XMPP servers.

    xmpp_servers.py HOST PORT DOMAIN PASSWORD USERS MESSAGES OTHER

Logs in as friend0, friend1, ... (so many USERS) at DOMAIN's server, each on a connection of its own, says "ready", and waits for a line.
Then each writes MESSAGES messages to its namesake in the domain OTHER, whose server another one of these talks to; one message of each in
turn, all at once. They are so long that few share a packet. At last prints a JSON object:
{"received": {user: the numbers of the messages that came from its namesake, in order}}.
"""
import json
import select
import sys

from xmpp_many import PADDING, TIMEOUT, Client, message


def main():
    host, port, domain, password, user_count, message_count, other = sys.argv[1:]
    users = {name: Client(host, int(port), domain, name, password, None) for name in (f"friend{number}" for number in range(int(user_count)))}
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(message_count)):
        for name, client in users.items():
            client.send(message(name, other, f"{number} {PADDING}"))

    received = {name: [] for name in users}
    clients = {client.socket: client for client in users.values()}
    while any(len(numbers) < int(message_count) for numbers in received.values()):
        ready = select.select(list(clients), [], [], TIMEOUT)[0]
        if not ready:
            raise TimeoutError(f"only {json.dumps(received)} came; {[client.text[-300:] for client in users.values()]}")
        for one in ready:
            client = clients[one]
            client.receive()
            for sender, body in client.messages():
                if sender != client.name:
                    raise ValueError(f"{client.name} got a message of {sender}")
                received[sender].append(int(body.removesuffix(PADDING)))
    for client in users.values():
        client.send("</stream:stream>")
    print(json.dumps({"received": received}))


main()
