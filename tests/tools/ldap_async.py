#!/usr/bin/python3 -B
"""Many LDAP operations on one connection, none of which waits for another (libldap's asynchronous calls).

    ldap_async.py URL BASE PEOPLE RATE

Asks RATE times a second for user0 ... below BASE, by searches and comparisons in turn, and half-way for all of them at once.
Prints a JSON object: {"found": {what was asked: its result}, "all": the entries, sorted}.
"""
import json
import sys
import time

import ldap

DEADLINE = 60


class Client:
    def __init__(self, url, base, people, rate):
        self.base = base
        self.rate = rate
        self.connection = ldap.initialize(url)
        self.connection.simple_bind_s()
        self.wanted = [self.whole] + [lambda number=number: self.one(number) for number in range(people)]
        self.wanted.insert(people // 2, self.wanted.pop(0))
        self.asked, self.found, self.all = {}, {}, []

    def whole(self):
        return "all", self.connection.search_ext(self.base, ldap.SCOPE_SUBTREE, "(objectClass=*)")

    def one(self, number):
        if number % 2:
            return f"compare {number}", self.connection.compare_ext(f"uid=user{number},ou=people,{self.base}", "sn", str(number).encode())
        return f"search {number}", self.connection.search_ext(self.base, ldap.SCOPE_SUBTREE, f"(uid=user{number})")

    def take(self, wait):
        """One result, if it comes in time; a search's entries by themselves."""
        try:
            kind, entries, number, _ = self.connection.result3(ldap.RES_ANY, all=0, timeout=wait)
        except ldap.TIMEOUT:
            return
        except (ldap.COMPARE_TRUE, ldap.COMPARE_FALSE) as outcome:
            self.found[self.asked.pop(outcome.args[0]["msgid"])] = type(outcome).__name__
            return
        if kind is None:
            return
        what = self.asked[number]
        shown = [[name, sorted((key, [value.decode() for value in values]) for key, values in fields.items())] for name, fields in entries]
        if what == "all":
            self.all += shown
        elif shown:
            self.found[what] = shown
        if kind == ldap.RES_SEARCH_RESULT:
            del self.asked[number]

    def run(self):
        begin, sent = time.monotonic(), 0
        while sent < len(self.wanted) or self.asked:
            now = time.monotonic() - begin
            if now > DEADLINE:
                raise SystemExit(f"no answer to {sorted(self.asked.values())}")
            while sent < len(self.wanted) and sent <= now * self.rate:
                what, number = self.wanted[sent]()
                self.asked[number] = what
                sent += 1
            self.take(1 / self.rate if sent < len(self.wanted) else 1)
        self.connection.unbind_s()
        print(json.dumps({"found": self.found, "all": sorted(self.all)}))


if __name__ == "__main__":
    Client(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])).run()
