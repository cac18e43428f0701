"""What every configuration of nginx has: it stays in the foreground, and writes nowhere but in its folder."""
CONFIG = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}}}
"""


def start(server, answers, http, **values):
    """Runs nginx as SERVER (server.py). HTTP is the inside of its block of that name, into which VALUES and the folder are put."""
    inside = http.format(folder=server.folder, **values)
    config = server.write("nginx.conf", CONFIG.format(folder=server.folder, http=inside))
    server.start("nginx", "-p", server.folder, "-e", "stderr", "-c", config, answers=answers)
