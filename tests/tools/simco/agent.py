"""A SIMCO agent (RFC 4540): one session, any number of transactions on their way.

It checks what order must be kept, whatever overtakes, and raises OutOfOrder: a reply comes once, after its request; replies about one
policy rule come in the order of their requests; nothing is said about a rule before it is there, or after it is gone.
"""
import collections
import dataclasses
import hashlib
import hmac
import os
import selectors
import socket
import time

import messages as m

DEADLINE = 60
# So much of a lifetime may be over when its rule's status is told.
SPENT = 90
REPLIES = {m.SE: (m.SE_REPLY, m.SA_REPLY), m.SA: (m.SE_REPLY,), m.ST: (m.ST_REPLY,), m.PRR: (m.PRR_REPLY,), m.PER: (m.PER_REPLY,),
           m.PEA: (m.PER_REPLY,), m.PDR: (m.PDR_REPLY,), m.PLC: (m.PLC_REPLY, m.PRD_REPLY), m.PRL: (m.PRL_REPLY,),
           m.PRS: (m.PRS_REPLY, m.PES_REPLY, m.PDS_REPLY)}


class OutOfOrder(Exception):
    pass


@dataclasses.dataclass
class Request:
    kind: int
    pid: int  # 0: names none
    seconds: int
    then: object  # called with the reply


class Events:
    """What the middlebox tells about rules: lifetimes, in the order in which they came."""

    def __init__(self):
        self.of = collections.defaultdict(list)

    def add(self, pid, seconds, known):
        before = self.of[pid]
        if before and before[-1] == 0:
            raise OutOfOrder(f"event {seconds} about rule {pid}, which is gone")
        if not before and seconds == 0 and not known:
            raise OutOfOrder(f"rule {pid} is gone before it was there")
        if before and 0 < seconds < before[-1]:
            raise OutOfOrder(f"rule {pid}: {seconds} s after {before[-1]} s")
        before.append(seconds)


class Agent:
    def __init__(self, port, secret=""):
        self.secret = secret.encode()
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.connection, selectors.EVENT_READ)
        self.stream = m.Stream()
        self.tid = self.last_replied = self.overtaken = 0
        self.requests = {}
        self.of_rule = collections.defaultdict(collections.deque)  # the requests that name a rule, oldest first
        self.lifetime = {}  # of rules that are there
        self.gone = set()
        self.events = Events()
        self.notifications = set()
        self.ended = False  # by the middlebox

    # --- requests

    def ask(self, kind, *attributes, then=None):
        self.tid += 1
        message = m.Message(kind, self.tid, list(attributes))
        request = Request(kind, message.number(m.PID) or 0, message.number(m.LIFETIME), then)
        self.requests[self.tid] = request
        if request.pid:
            self.of_rule[request.pid].append(self.tid)
        self.connection.sendall(message.pack())
        return self.tid

    def open(self):
        """Proves who it is if it is asked to, and lets the middlebox prove it."""
        replies = []
        challenge = os.urandom(33) if self.secret else b""
        self.ask(m.SE, (m.VERSION, m.OUR_VERSION), *([(m.CHALLENGE, challenge)] if challenge else []), then=replies.append)
        self.until(lambda: replies)
        if replies[0].kind == m.SA_REPLY:
            if challenge and replies[0].all(m.TOKEN) != [self.token(challenge)]:
                raise OutOfOrder("the middlebox does not know the secret")
            tokens = [(m.TOKEN, self.token(one)) for one in replies[0].all(m.CHALLENGE)]
            self.ask(m.SA, *tokens, then=replies.append)
            self.until(lambda: len(replies) == 2)
        return replies[-1]

    def close(self):
        self.ask(m.ST)
        self.until(lambda: self.ended)

    def token(self, challenge):
        return hmac.digest(self.secret, challenge, hashlib.sha256)

    # --- what comes

    def until(self, done, seconds=DEADLINE):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"no reply to {sorted(self.requests)[:20]}")
            self.take(0.5)

    def take(self, wait):
        """What has come, or comes in so many seconds."""
        if self.ended or not self.selector.select(wait):
            return
        more = self.connection.recv(65536)
        if not more:
            self.ended = True
            self.selector.unregister(self.connection)
            if self.requests:
                raise SystemExit(f"the connection has ended without replies to {sorted(self.requests)[:20]}")
        self.stream.add(more)
        for message in self.stream:
            if message.kind >> 8 == m.NOTIFICATIONS:
                self.on_notification(message)
            else:
                self.on_reply(message)

    def on_reply(self, reply):
        request = self.requests.pop(reply.tid, None)
        if request is None:
            raise OutOfOrder(f"reply {reply.kind:#06x} {reply.tid} to no request")
        if reply.kind >> 8 != m.REFUSALS and reply.kind not in REPLIES[request.kind]:
            raise OutOfOrder(f"reply {reply.kind:#06x} to request {request.kind:#06x}")
        if request.pid and self.of_rule[request.pid].popleft() != reply.tid:
            raise OutOfOrder(f"rule {request.pid}: reply {reply.tid} before those to earlier requests")
        self.overtaken += reply.tid < self.last_replied
        self.last_replied = max(self.last_replied, reply.tid)
        if reply.kind >> 8 == m.REPLIES:
            self.check(request, reply)
        if request.then:
            request.then(reply)

    def check(self, request, reply):
        """What a positive reply says about a rule follows from what came before."""
        pid, seconds = reply.number(m.PID) or request.pid, reply.number(m.LIFETIME)
        if reply.kind == m.PRL_REPLY or not pid:
            return
        if pid in self.gone and request.kind != m.PLC:
            raise OutOfOrder(f"reply {reply.kind:#06x} about rule {pid}, which is gone")
        if reply.kind == m.PRD_REPLY:
            self.gone.add(pid)
            self.lifetime.pop(pid, None)
        elif request.kind == m.PRS:
            if not self.lifetime[pid] - SPENT < seconds <= self.lifetime[pid]:
                raise OutOfOrder(f"rule {pid}: a status of {seconds} s instead of {self.lifetime[pid]} s")
        else:
            self.lifetime[pid] = seconds

    def on_notification(self, message):
        if message.tid in self.notifications:
            raise OutOfOrder(f"a second notification {message.tid}")
        self.notifications.add(message.tid)
        if message.kind == m.AST:
            self.requests.clear()
        elif message.kind == m.ARE:
            pid, seconds = message.number(m.PID), message.number(m.LIFETIME)
            self.events.add(pid, seconds, pid in self.lifetime)
            if seconds == 0 and pid in self.lifetime:
                self.gone.add(pid)
                del self.lifetime[pid]
