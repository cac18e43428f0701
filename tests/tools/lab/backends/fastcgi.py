"""fcgiwrap on a Unix socket with one program, and cgi-fcgi as the web server's part."""
import os

from .server import Server

PROGRAM = """\
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo "query: $QUERY_STRING"
head -c "$CONTENT_LENGTH" | sha256sum
"""


class FastCgi(Server):
    def __init__(self, lab, socket):
        super().__init__(lab, "fcgiwrap")
        self.program = self.write("program", PROGRAM, 0o755)
        # The edge, under another user, must be let in: as SocketMode=0666 has it.
        self.start("sh", "-c", f"umask 0; exec fcgiwrap -c 4 -s unix:{socket}", answers=lambda: os.path.exists(socket))

    def request(self, node, where, query, body):
        """The answer to a POST, as the web server gets it."""
        return self.network.run(node, "cgi-fcgi", "-bind", "-connect", where, input=body,
                                env={"PATH": os.environ["PATH"], "SCRIPT_FILENAME": self.program, "QUERY_STRING": query,
                                     "REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body))}).stdout
