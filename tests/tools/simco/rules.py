"""The policy rules of a middlebox, and what its firewall does for them."""
import dataclasses
import time

import messages as m

MOST_SECONDS = 3600


@dataclasses.dataclass
class Rule:
    pid: int
    gid: int
    owner: str
    status: int  # the reply that tells its status
    tuples: dict
    direction: int
    until: float

    @property
    def seconds(self):
        return max(1, round(self.until - time.monotonic()))


def meets(one, two):
    """Whether two ends may be the same; here: addresses and ports without prefixes."""
    return one.address == two.address and (0 in (one.port, two.port) or
                                           (one.port < two.port + two.ports and two.port < one.port + one.ports))


class OutOfOrder(Exception):
    pass


class Rules:
    def __init__(self, firewall):
        self.firewall = firewall
        self.by_pid = {}
        self.last_pid = 0

    def conflicting(self, tuples, status):
        return [rule for rule in self.by_pid.values() if rule.status == status and
                all(meets(tuples[where], rule.tuples[where]) for where in (m.INTERNAL, m.EXTERNAL))]

    def make(self, status, request, owner, direction=0, gid=None):
        self.last_pid += 1
        seconds = min(request.number(m.LIFETIME), MOST_SECONDS)
        return Rule(self.last_pid, gid or request.number(m.GID) or self.last_pid, owner, status, request.tuples(), direction,
                    time.monotonic() + seconds)

    def put(self, rule):
        if rule.status == m.PES_REPLY:
            self.firewall.open(rule.pid, rule.tuples[m.INTERNAL], rule.tuples[m.EXTERNAL], rule.direction)
        elif rule.status == m.PDS_REPLY:
            self.firewall.block(rule.pid, rule.tuples[m.INTERNAL], rule.tuples[m.EXTERNAL])
        self.by_pid[rule.pid] = rule

    def remove(self, rule):
        self.firewall.close(rule.pid)
        del self.by_pid[rule.pid]

    def named(self, request):
        pid = request.number(m.PID)
        if pid not in self.by_pid:
            raise OutOfOrder(f"request {request.kind:#06x} {request.tid} for rule {pid}, which is not there")
        return self.by_pid[pid]
