#!/usr/bin/python3 -B
"""A SIMCO middlebox (RFC 4540): a firewall that translates nothing, with nftables as its packet filter.

    middlebox.py PORT [SECRET]

With SECRET an agent proves that it knows it. SIGTERM ends all sessions (AST). Since the agents of the tests make no mistakes, it takes
for a wrong order in which requests arrived, prints, and ends the session: a request whose identifier came before, and one that names a
rule which is not there yet or no more.
"""
import hashlib
import hmac
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import time

import messages as m
from firewall import Firewall
from rules import MOST_SECONDS, OutOfOrder, Rules

CAPABILITIES = bytes((0x90, 0xE5, 0, 0)) + MOST_SECONDS.to_bytes(4, "big")
TICK = 0.2


class Session:
    def __init__(self, middlebox, connection, name):
        self.middlebox, self.connection, self.name = middlebox, connection, name
        self.stream = m.Stream()
        self.state = "closed"
        self.asked = set()
        self.challenge = None
        self.notified = 0

    def send(self, kind, tid, *attributes):
        try:
            self.connection.sendall(m.Message(kind, tid, list(attributes)).pack())
        except ConnectionError:
            pass  # it is noticed where this agent's bytes are read

    def notify(self, kind, *attributes):
        self.notified += 1
        self.send(kind, self.notified, *attributes)

    def take(self, more):
        """False: the connection ends."""
        try:
            return self._take(more)
        except OutOfOrder as error:
            print(f"middlebox: out of order: {error}", flush=True)
            self.notify(m.AST)
            return False

    def _take(self, more):
        self.stream.add(more)
        keep = True
        while keep:
            try:
                keep = self.process(next(self.stream))
            except StopIteration:
                break
            except m.BadlyFormed as error:
                keep = self.on_badly_formed(*error.header)
        return keep

    def on_badly_formed(self, kind, tid):
        if kind >> 8 == m.REQUESTS:
            self.send(m.BADLY_FORMED, tid)
            return self.state != "closed"
        self.notify(m.BFM)
        if self.state != "closed":
            self.notify(m.AST)
        return False

    def process(self, request):
        if request.kind >> 8 != m.REQUESTS:
            self.send(m.WRONG_BASIC_TYPE, request.tid)
            return self.state != "closed"
        if request.tid in self.asked:
            raise OutOfOrder(f"a second request {request.tid}")
        self.asked.add(request.tid)
        session = {m.SE: self.establish, m.SA: self.authenticate, m.ST: self.terminate}.get(request.kind)
        if session:
            return session(request)
        if self.state != "open" or request.kind not in self.middlebox.TRANSACTIONS:
            self.send(m.WRONG_SUB_TYPE, request.tid)
            return self.state != "closed"
        self.middlebox.transact(self, request)
        return True

    def establish(self, request):
        if self.state != "closed":
            self.send(m.NOT_APPLICABLE, request.tid)
            return True
        if request.all(m.VERSION)[0][:2] != m.OUR_VERSION[:2]:
            self.send(m.VERSION_MISMATCH, request.tid, (m.VERSION, m.OUR_VERSION))
            return False
        theirs = request.all(m.CHALLENGE)
        if not theirs and not self.middlebox.secret:
            self.state = "open"
            self.send(m.SE_REPLY, request.tid, (m.CAPABILITIES, CAPABILITIES))
            return True
        answer = [(m.TOKEN, self.middlebox.token(theirs[0]))] if theirs else []
        if self.middlebox.secret:
            self.challenge = secrets.token_bytes(21)
            answer.insert(0, (m.CHALLENGE, self.challenge))
        self.state = "not authenticated"
        self.send(m.SA_REPLY, request.tid, *answer)
        return True

    def authenticate(self, request):
        if self.state != "not authenticated":
            self.send(m.NOT_APPLICABLE, request.tid)
            return True
        tokens = request.all(m.TOKEN)
        if self.challenge and not (tokens and hmac.compare_digest(tokens[0], self.middlebox.token(self.challenge))):
            self.send(m.AUTHENTICATION_FAILED, request.tid)
            return False
        self.state = "open"
        self.send(m.SE_REPLY, request.tid, (m.CAPABILITIES, CAPABILITIES))
        return True

    def terminate(self, request):
        if self.state == "closed":
            self.send(m.NOT_APPLICABLE, request.tid)
            return True
        self.state = "terminated"
        self.send(m.ST_REPLY, request.tid)
        return False


class Middlebox:
    def __init__(self, port, secret):
        self.secret = secret.encode()
        self.rules = Rules(Firewall())
        self.sessions = {}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.running = True

    def token(self, challenge):
        return hmac.digest(self.secret, challenge, hashlib.sha256) if self.secret else b""

    def tell(self, pid, seconds, but=None):
        """All agents with an open session except the one that asked."""
        for session in list(self.sessions.values()):
            if session is not but and session.state == "open":
                session.notify(m.ARE, m.number(m.PID, pid), m.number(m.LIFETIME, seconds))

    # --- transactions on rules (section 8)

    def reserve(self, session, request):
        rule = self.rules.make(m.PRS_REPLY, request, session.name)
        rule.tuples = {m.OUTSIDE: m.Endpoint(protocol=request.all(m.PRR_SET)[0][1])}
        self.rules.put(rule)
        self.tell(rule.pid, rule.seconds, session)
        session.send(m.PRR_REPLY, request.tid, *self.head(rule), (m.TUPLE, rule.tuples[m.OUTSIDE].pack(m.OUTSIDE)))

    def enable(self, session, request):
        """PER and PEA; the latter names a reservation, which becomes the rule."""
        reserved = self.rules.named(request) if request.kind == m.PEA else None
        if reserved and reserved.status != m.PRS_REPLY:
            return session.send(m.ALREADY_ENABLED, request.tid)
        tuples = request.tuples()
        if set(tuples) != {m.INTERNAL, m.EXTERNAL}:
            return session.send(m.INCONSISTENT, request.tid)
        if self.rules.conflicting(tuples, m.PDS_REPLY):
            return session.send(m.CONFLICT, request.tid)
        direction = request.all(m.PER_SET)[0][1]
        rule = self.rules.make(m.PES_REPLY, request, session.name, direction, reserved.gid if reserved else None)
        if reserved:
            rule.pid = reserved.pid
        self.rules.put(rule)
        self.tell(rule.pid, rule.seconds, session)
        # A pure firewall: outside is what is inside.
        outside, inside = tuples[m.INTERNAL], tuples[m.EXTERNAL]
        session.send(m.PER_REPLY, request.tid, *self.head(rule), (m.TUPLE, outside.pack(m.OUTSIDE)), (m.TUPLE, inside.pack(m.INSIDE)))

    def disable(self, session, request):
        """Section 8.8: enabled rules that conflict end, and no new ones begin."""
        rule = self.rules.make(m.PDS_REPLY, request, session.name)
        ended = self.rules.conflicting(rule.tuples, m.PES_REPLY)
        self.rules.put(rule)
        for one in ended:
            self.rules.remove(one)
            self.tell(one.pid, 0)
        self.tell(rule.pid, rule.seconds, session)
        session.send(m.PDR_REPLY, request.tid, m.number(m.PID, rule.pid), m.number(m.LIFETIME, rule.seconds))

    def change(self, session, request):
        rule, seconds = self.rules.named(request), min(request.number(m.LIFETIME), MOST_SECONDS)
        self.tell(rule.pid, seconds, session)
        if seconds == 0:
            self.rules.remove(rule)
            session.send(m.PRD_REPLY, request.tid)
            return
        rule.until = time.monotonic() + seconds
        session.send(m.PLC_REPLY, request.tid, m.number(m.LIFETIME, seconds))

    def report(self, session, request):
        rule = self.rules.named(request)
        owner = (m.OWNER, rule.owner.encode())
        if rule.status == m.PRS_REPLY:
            session.send(m.PRS_REPLY, request.tid, *self.head(rule), (m.TUPLE, rule.tuples[m.OUTSIDE].pack(m.OUTSIDE)), owner)
            return
        internal, external = rule.tuples[m.INTERNAL], rule.tuples[m.EXTERNAL]
        ends = [(m.TUPLE, internal.pack(m.INTERNAL)), (m.TUPLE, external.pack(m.EXTERNAL))]
        if rule.status == m.PDS_REPLY:
            session.send(m.PDS_REPLY, request.tid, m.number(m.PID, rule.pid), *ends, m.number(m.LIFETIME, rule.seconds), owner)
            return
        middle = [(m.TUPLE, external.pack(m.INSIDE)), (m.TUPLE, internal.pack(m.OUTSIDE))]
        pid, gid, lifetime = self.head(rule)
        session.send(m.PES_REPLY, request.tid, pid, gid, (m.PER_SET, bytes((0, rule.direction, 0, 0))), ends[0], *middle, ends[1],
                     lifetime, owner)

    def list(self, session, request):
        session.send(m.PRL_REPLY, request.tid, *(m.number(m.PID, pid) for pid in sorted(self.rules.by_pid)))

    @staticmethod
    def head(rule):
        return m.number(m.PID, rule.pid), m.number(m.GID, rule.gid), m.number(m.LIFETIME, rule.seconds)

    TRANSACTIONS = {m.PRR: reserve, m.PER: enable, m.PEA: enable, m.PDR: disable, m.PLC: change, m.PRS: report, m.PRL: list}

    def transact(self, session, request):
        try:
            self.TRANSACTIONS[request.kind](self, session, request)
        except subprocess.CalledProcessError as error:
            print(error.stderr, flush=True)
            session.send(m.CONFIGURATION_FAILED, request.tid)

    # --- connections and time

    def expire(self):
        for rule in [rule for rule in self.rules.by_pid.values() if rule.until <= time.monotonic()]:
            self.rules.remove(rule)
            self.tell(rule.pid, 0)

    def accept(self):
        connection, (_, port) = self.listener.accept()
        self.sessions[connection] = Session(self, connection, f"agent {port}")
        self.selector.register(connection, selectors.EVENT_READ)

    def serve(self, connection):
        try:
            more = connection.recv(65536)
            keep = bool(more) and self.sessions[connection].take(more)
        except ConnectionError:
            keep = False
        if not keep:
            self.selector.unregister(connection)
            del self.sessions[connection]
            connection.close()

    def run(self):
        print("middlebox: ready", flush=True)
        while self.running:
            for key, _ in self.selector.select(TICK):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj in self.sessions:
                    self.serve(key.fileobj)
            self.expire()
        for session in self.sessions.values():
            session.notify(m.AST)


def main(port, secret=""):
    middlebox = Middlebox(int(port), secret)

    def stop(*_):
        middlebox.running = False
    signal.signal(signal.SIGTERM, stop)
    middlebox.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
