#!/usr/bin/python3 -B
"""Makes gRPC calls on one connection to backends/programs/grpc_calls.py, and prints JSON: what each gave.

    grpc_ask.py PORT
"""
import hashlib
import json
import random
import sys
import time

import grpc

CALLS = 100
STREAMS, MESSAGES, SIZE = 6, 200, 600
PATIENCE = 90


def own(metadata):
    return [[key, value.hex() if isinstance(value, bytes) else value] for key, value in metadata if key.startswith("x-")]


def digest(messages):
    return [len(messages), hashlib.sha256(b"".join(len(one).to_bytes(4, "big") + one for one in messages)).hexdigest()]


def method(channel, kind, name):
    return getattr(channel, kind)(f"/lab.Calls/{name}")


def end_of(call):
    return [call.code().name, call.details(), own(call.trailing_metadata())]


def echoes(channel):
    """All at once: small ones and some that take many frames."""
    ask = method(channel, "unary_unary", "Echo")
    sent = [random.Random(number).randbytes(number * number * 3) for number in range(CALLS)]
    calls = [ask.future(text, timeout=PATIENCE) for text in sent]
    return [[call.result() == text, *end_of(call)] for call, text in zip(calls, sent)]


def streams(channel):
    ask = method(channel, "unary_stream", "Count")
    calls = [ask(f"{MESSAGES} {SIZE + number}".encode(), timeout=PATIENCE) for number in range(STREAMS)]
    return [[digest(list(call)), *end_of(call)] for call in calls]


def chat(channel):
    """Each message is sent when the one before has come back."""
    said = [f"message {number}".encode() for number in range(30)]
    heard = []

    def turns():
        for number, text in enumerate(said):
            while len(heard) < number:
                time.sleep(0.001)
            yield text
    call = method(channel, "stream_stream", "Chat")(turns(), timeout=PATIENCE)
    for one in call:
        heard.append(one)
    return [heard == said, *end_of(call)]


def failure(channel):
    call = method(channel, "unary_unary", "Fail").future(b"\0because", timeout=PATIENCE)
    call.exception()
    return end_of(call)


def given_up(channel):
    """A deadline that passes, and calls that are cancelled, before and while answers come; the server learns of all."""
    seen, wait = method(channel, "unary_unary", "Seen"), method(channel, "unary_unary", "Wait")
    begun, ended = map(int, seen(b"", timeout=PATIENCE).split())

    def until(more_begun, more_ended):
        end = time.monotonic() + PATIENCE
        while True:
            now_begun, now_ended = map(int, seen(b"", timeout=PATIENCE).split())
            told = [now_begun - begun, now_ended - ended]
            if told == [more_begun, more_ended] or time.monotonic() > end:
                return told
            time.sleep(0.05)
    late = wait.future(b"", timeout=2)
    late.exception()
    cancelled = wait.future(b"", timeout=PATIENCE)
    until(2, 1)
    cancelled.cancel()
    flood = method(channel, "unary_stream", "Endless")(b"", timeout=PATIENCE)
    some = [next(flood) for _ in range(20)]
    flood.cancel()
    return [late.code().name, cancelled.cancelled(), digest(some), flood.code().name, until(3, 3)]


with grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}", options=[("grpc.enable_http_proxy", 0)]) as open_channel:
    print(json.dumps({test.__name__: test(open_channel) for test in (echoes, streams, chat, failure, given_up)}))
