#!/usr/bin/python3 -B
"""Searches of one entry each on one LDAP connection, none of which waits for another (libldap's asynchronous calls).

    ldap_load.py URL BASE PEOPLE RATE SECONDS WAIT

Asks for uid=user0 ... in turn, RATE times a second; latency counts from the time a search was due. Prints a line of JSON.
"""
import sys
import time

import ldap
import percentiles


def main(url, base, people, rate, seconds, wait):
    people, rate, seconds, wait = int(people), float(rate), float(seconds), float(wait)
    connection = ldap.initialize(url)
    connection.simple_bind_s()
    due, latencies = {}, []
    begin, number = time.monotonic(), 0
    total = int(rate * seconds)
    while number < total or due:
        now = time.monotonic() - begin
        if now > seconds + wait:
            break
        while number < total and number / rate <= now:
            due[connection.search_ext(base, ldap.SCOPE_SUBTREE, f"(uid=user{number % people})")] = number / rate
            number += 1
        pause = number / rate - (time.monotonic() - begin) if number < total else 0.05
        try:
            kind, _, message, _ = connection.result3(ldap.RES_ANY, all=1, timeout=max(0, pause))
        except ldap.TIMEOUT:
            continue
        if kind is not None:
            latencies.append(time.monotonic() - begin - due.pop(message))
    print(percentiles.line(latencies, len(due)))


if __name__ == "__main__":
    main(*sys.argv[1:])
