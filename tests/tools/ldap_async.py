#!/usr/bin/python3 -B
"""Many LDAP operations on one connection, none of which waits for another (libldap's asynchronous calls).

    ldap_async.py URL BASE PEOPLE RATE [start-tls | USER PASSWORD]

Asks RATE times a second for user0 ... below BASE, by searches and comparisons in turn, and half-way for all of them at once. Then
begins TLS, or binds by DIGEST-MD5 with a layer that encrypts, and asks all of it again on the same connection.
Prints a JSON object: {"found": {what was asked: its result}, "all": the entries, sorted,
"again": the same, if it was asked again}.
"""
import json
import sys
import time

import ldap
import ldap.sasl

DEADLINE = 60


class Client:
    def __init__(self, url, base, people, rate):
        self.base = base
        self.rate = rate
        self.people = people
        ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
        self.connection = ldap.initialize(url)
        self.connection.simple_bind_s()
        self.prepare()

    def prepare(self):
        people = self.people
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

    def secure(self, how):
        if how == ["start-tls"]:
            self.begin_tls()
        else:
            self.connection.set_option(ldap.OPT_X_SASL_SSF_MIN, 56)
            user, password = how
            self.connection.sasl_interactive_bind_s("", ldap.sasl.sasl(
                {ldap.sasl.CB_AUTHNAME: user, ldap.sasl.CB_USER: "", ldap.sasl.CB_PASS: password}, "DIGEST-MD5"))

    def begin_tls(self):
        """slapd refuses this while its threads still put away operations whose results it has sent (its starttls.c); no operation is
        outstanding here, so only slapd is the reason when it is asked again."""
        begin = time.monotonic()
        while True:
            try:
                return self.connection.start_tls_s()
            except ldap.OPERATIONS_ERROR as error:
                if "operations are outstanding" not in str(error) or time.monotonic() - begin > DEADLINE:
                    raise

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
        return {"found": self.found, "all": sorted(self.all)}


def main(url, base, people, rate, *how):
    client = Client(url, base, int(people), float(rate))
    said = client.run()
    if how:
        client.secure(list(how))
        client.prepare()
        said["again"] = client.run()
    client.connection.unbind_s()
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
