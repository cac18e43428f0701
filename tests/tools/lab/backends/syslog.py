"""rsyslogd, which writes down what comes by UDP. Its socket holds what comes at once: by default 256 short lines fit, and after a loss more than that
arrive together, which it loses whenever others have the processors."""
from .server import Server

CONFIG = """\
global(workDirectory="{folder}")
module(load="imudp")
template(name="whole" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname%%msg:::sp-if-no-1st-sp%%msg%\\n")
input(type="imudp" address="127.0.0.1" port="{port}" rcvbufSize="2m")
action(type="omfile" file="{folder}/messages" template="whole")
"""


class Syslog(Server):
    def __init__(self, lab, port):
        super().__init__(lab, "rsyslogd")
        config = self.write("rsyslog.conf", CONFIG.format(folder=self.folder, port=port))
        self.write("messages", "")
        self.start("rsyslogd", "-n", "-f", config, "-i", self.path("pid"), answers=lambda: self.takes_datagrams(port))

    def messages(self):
        """Those that came, sorted."""
        with open(self.path("messages"), encoding="utf-8") as file:
            return sorted(file.read().splitlines())

    def forget(self):
        """Goes on with an empty file."""
        with open(self.path("messages"), "w", encoding="utf-8"):
            pass
