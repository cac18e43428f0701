#!/usr/bin/python3 -B
"""What the agents of the tests do; each prints a JSON object.

    agents.py PORT SECRET enable INTERNAL EXTERNAL FIRST COUNT RATE
        Begins RATE times a second a rule that lets EXTERNAL reach a UDP port of INTERNAL, and lets it answer; in turn by PER, and by
        PRR and PEA. As soon as a rule is there, its lifetime is changed and its status asked, twice, without waiting for replies;
        every third is deleted behind that.
        {"ports": {port: what came of it}, "open": [port], "lists": of how many rules at the beginning and at the end,
        "overtaken": replies that came before earlier requests'}
    agents.py PORT SECRET disable INTERNAL EXTERNAL FIRST COUNT
        Enables a rule for each port, then disables all of them at once, is refused one of them, and takes the disabling back.
        {"ended": how many, "refused": [kind of reply], "again": kind of reply}
    agents.py PORT SECRET delete
        Deletes all rules that there are. {"deleted": how many}
    agents.py PORT SECRET watch COUNT
        Says when it listens. {"events": {rule: its lifetimes as they came}}, as soon as so many rules have ended.
"""
import json
import sys
import time

import messages as m
from agent import Agent, OutOfOrder

LIFETIMES = (1000, 1200, 1400)  # when a rule begins, and of its changes


def ends(internal, external, port, ports=1):
    return ((m.TUPLE, m.Endpoint(internal, port, ports=ports).pack(m.INTERNAL)), (m.TUPLE, m.Endpoint(external).pack(m.EXTERNAL)))


def lifetime(seconds):
    return m.number(m.LIFETIME, seconds)


PARAMETERS = (m.PER_SET, bytes((0, m.BOTH_WAYS, 0, 0)))
# Traditional NAT mode, any parity, IPv4 on both sides, one port.
RESERVATION = (m.PRR_SET, bytes((0b01000101, m.UDP, 0, 1)))


class Enabling:
    def __init__(self, agent, internal, external, first, count, rate):
        self.agent, self.internal, self.external = agent, internal, external
        self.first, self.count, self.rate = int(first), int(count), float(rate)
        self.ports, self.pids, self.lists, self.done = {}, {}, [], 0

    def begin(self, index):
        port = self.first + index
        self.ports[port] = []
        if index % 4 == 1:
            self.agent.ask(m.PRR, RESERVATION, lifetime(LIFETIMES[0]), then=lambda reply: self.on_reserved(port, reply))
        else:
            self.agent.ask(m.PER, PARAMETERS, *ends(self.internal, self.external, port), lifetime(LIFETIMES[0]),
                           then=lambda reply: self.on_enabled(port, reply))

    def note(self, port, reply):
        self.ports[port].append(f"{reply.kind:04x}" + (f" {reply.number(m.LIFETIME)} s" if reply.kind == m.PLC_REPLY else ""))

    def on_reserved(self, port, reply):
        self.note(port, reply)
        self.agent.ask(m.PEA, PARAMETERS, *ends(self.internal, self.external, port), lifetime(LIFETIMES[0]),
                       m.number(m.PID, reply.number(m.PID)), then=lambda reply: self.on_enabled(port, reply))

    def on_enabled(self, port, reply):
        self.note(port, reply)
        if reply.kind != m.PER_REPLY:
            self.done += 1
            return
        pid = reply.number(m.PID)
        self.pids[port] = pid
        named = m.number(m.PID, pid)
        for seconds in LIFETIMES[1:]:
            self.agent.ask(m.PLC, named, lifetime(seconds), then=lambda reply: self.note(port, reply))
            last = self.agent.ask(m.PRS, named, then=lambda reply: self.note(port, reply))
        if (port - self.first) % 3 == 0:
            last = self.agent.ask(m.PLC, named, lifetime(0), then=lambda reply: self.on_deleted(port, reply))
        self.agent.requests[last].then = self.counting(self.agent.requests[last].then)

    def counting(self, then):
        def counted(reply):
            then(reply)
            self.done += 1
        return counted

    def on_deleted(self, port, reply):
        self.note(port, reply)
        del self.pids[port]

    def list(self):
        """Between requests for rules it has at least those that were there, and none that was gone."""
        there, gone = set(self.agent.lifetime), set(self.agent.gone)

        def on_list(reply):
            listed = {int.from_bytes(value) for value in reply.all(m.PID)}
            missing = {pid for pid in there - listed if pid not in self.agent.gone and self.kept(pid)}
            if missing or listed & gone:
                raise OutOfOrder(f"a list without {missing}, with {listed & gone}")
            self.lists.append(len(listed))
        self.agent.ask(m.PRL, then=on_list)

    def kept(self, pid):
        return any(pid == one for port, one in self.pids.items() if (port - self.first) % 3)

    def run(self):
        begin, sent = time.monotonic(), 0
        self.list()
        while sent < self.count:
            while sent < self.count and sent <= (time.monotonic() - begin) * self.rate:
                self.begin(sent)
                sent += 1
                if sent % 50 == 0:
                    self.list()
            self.agent.take(1 / self.rate)
        self.agent.until(lambda: self.done == self.count)
        self.list()
        self.agent.until(lambda: not self.agent.requests)
        return {"ports": self.ports, "open": sorted(self.pids), "lists": [self.lists[0], self.lists[-1]],
                "overtaken": self.agent.overtaken}


def disable(agent, internal, external, first, count):
    first, count = int(first), int(count)
    replies = []

    def enable(port):
        agent.ask(m.PER, PARAMETERS, *ends(internal, external, port), lifetime(LIFETIMES[0]), then=replies.append)
    for port in range(first, first + count):
        enable(port)
    agent.until(lambda: len(replies) == count)
    pids = [reply.number(m.PID) for reply in replies]
    replies.clear()

    agent.ask(m.PDR, *ends(internal, external, first, count), lifetime(LIFETIMES[0]), then=replies.append)
    agent.until(lambda: replies and all(agent.events.of[pid] == [0] for pid in pids))
    disabling = replies.pop().number(m.PID)
    enable(first)
    agent.until(lambda: replies)
    refused = replies.pop().kind

    agent.ask(m.PLC, m.number(m.PID, disabling), lifetime(0))
    agent.until(lambda: not agent.requests)
    enable(first)
    agent.until(lambda: replies)
    return {"ended": len(pids), "refused": f"{refused:04x}", "again": f"{replies[0].kind:04x}"}


def delete(agent):
    lists = []
    agent.ask(m.PRL, then=lists.append)
    agent.until(lambda: lists)
    pids = lists[0].all(m.PID)
    for pid in pids:
        agent.ask(m.PLC, (m.PID, pid), lifetime(0))
    agent.until(lambda: not agent.requests)
    return {"deleted": len(agent.gone & {int.from_bytes(pid) for pid in pids})}


def watch(agent, count):
    print("watching", flush=True)
    events = agent.events.of
    agent.until(lambda: sum(told[-1] == 0 for told in events.values()) == int(count))
    return {"events": events}


def main(port, secret, what, *arguments):
    agent = Agent(int(port), secret)
    if agent.open().kind != m.SE_REPLY:
        raise SystemExit("refused")
    if what == "enable":
        said = Enabling(agent, *arguments).run()
    else:
        said = {"disable": disable, "delete": delete, "watch": watch}[what](agent, *arguments)
    if not agent.ended:
        agent.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
