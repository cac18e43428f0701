"""A gRPC server whose messages are plain bytes, at 127.0.0.1:PORT. Argument: PORT.

    Echo    gives back what it got, and says in a trailer how much that was
    Count   "COUNT SIZE": so many messages of about so many bytes, and a trailer
    Chat    gives back each message of a stream as it comes
    Fail    ends with a status of its own, a text and a trailer
    Wait    is never answered
    Endless sends messages until the client has enough
    Seen    how many calls of the last two have begun, and how many of them their clients have given up
"""
import concurrent.futures
import random
import sys
import threading

import grpc

begun, ended = [], []


def echo(request, context):
    context.set_trailing_metadata((("x-size", str(len(request))),))
    return request


def count(request, context):
    number, size = map(int, request.split())
    source = random.Random(size)
    for _ in range(number):
        yield source.randbytes(source.randrange(2 * size))
    context.set_trailing_metadata((("x-sent", str(number)),))


def chat(requests, _):
    yield from requests


def fail(request, context):
    context.set_trailing_metadata((("x-why-bin", request),))
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today: \N{SNOWMAN}")


def end_of(context):
    """Is set, and counted, when the call is over, whoever ended it."""
    begun.append(1)
    over = threading.Event()

    def end():
        ended.append(1)
        over.set()
    if not context.add_callback(end):
        end()
    return over


def wait(_, context):
    end_of(context).wait()
    return b""


def endless(_, context):
    source = random.Random(1)
    over = end_of(context)
    while not over.wait(0.005):
        yield source.randbytes(500)


HANDLERS = {
    "Echo": grpc.unary_unary_rpc_method_handler(echo),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Wait": grpc.unary_unary_rpc_method_handler(wait),
    "Endless": grpc.unary_stream_rpc_method_handler(endless),
    "Seen": grpc.unary_unary_rpc_method_handler(lambda _, context: f"{len(begun)} {len(ended)}".encode()),
}

server = grpc.server(concurrent.futures.ThreadPoolExecutor(200))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("lab.Calls", HANDLERS),))
assert server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}") == int(sys.argv[1])
server.start()
print("listening", flush=True)
server.wait_for_termination()
