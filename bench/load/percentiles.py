"""What the load programs in Python print of their latencies: a line of JSON with the names that rr uses."""
import json


def line(latencies, unanswered):
    """LATENCIES in seconds."""
    ordered = sorted(latencies)

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e6) if ordered else 0
    return json.dumps({"answered": len(ordered), "unanswered": unanswered, "p50_us": at(0.5), "p99_us": at(0.99), "p99_9_us": at(0.999)})
