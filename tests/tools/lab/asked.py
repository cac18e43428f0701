"""What funnelctl says of a node, whether its daemons run bare (node.py) or under systemd (installed.py)."""
import json

from .base import LabError, wait_until


class Asked:
    """For a class with `peer_name`, `funnelctl(*arguments, check)` and `describe()`."""

    def refused(self, *arguments):
        """What funnelctl says and its exit status, for a command that must fail."""
        done = self.funnelctl(*arguments, check=False)
        assert done.returncode != 0, done.stdout
        return done.stdout, done.returncode

    def failures(self):
        return self.status()["authd"].get("failures") or []

    def refusals(self):
        return self.status()["sctpd"].get("refusals") or []

    def status(self):
        """{"sctpd": {...}, "authd": {...}, "services": [...]}; an empty dictionary for a daemon that did not answer."""
        done = self.funnelctl("status", "--json", check=False)
        try:
            answer = json.loads(done.stdout)
        except ValueError as error:
            raise LabError(f"funnelctl status --json on {self.peer_name} ({error}): {done.stdout}") from error
        found = {"services": answer.get("services") or []}
        for short, name in (("sctpd", "funnel-sctpd"), ("authd", "funnel-authd")):
            found[short] = answer.get(short) or answer.get(name) or {}
        return found

    def channels(self, service_name):
        listed = self.status()["sctpd"].get("channels") or []
        return [channel for channel in listed if channel.get("service") == service_name]

    def wait_association(self, state="up", deadline=15):
        """That of each peer."""
        def found():
            states = [one.get("state") for one in self.status()["sctpd"].get("associations") or [] if one.get("peer")]
            return states and all(found == state for found in states)
        wait_until(found, f"{self.peer_name}: the association is {state}", deadline, 0.05, self.describe)

    def wait_channel(self, service_name, state="open", deadline=15):
        wait_until(lambda: any(channel.get("state") == state for channel in self.channels(service_name)),
                   f"{self.peer_name}: a channel of {service_name} is {state}", deadline, 0.05, self.describe)
