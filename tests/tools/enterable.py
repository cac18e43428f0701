"""Namespaces of their own for what runs daemons under users of their own, with the build where every user can enter,
whatever stands above the checkout:

    /root/funnel/build   seen as   FOLDER/build         (/root is closed to all others)

Nothing that was started in them outlives the process that started them.
"""
import os
import stat

BIND_AND_RUN = 'mount --bind "$0" "$1" && shift && exec "$@"'


def command(folder, build, arguments):
    """The command line that runs `arguments` in the namespaces; `folder` is one that we made for this run. There is no build
    to bind before it was made."""
    view = view_of(folder)
    os.makedirs(view, exist_ok=True)
    for path in (folder, view):
        os.chmod(path, 0o755)
    bind = ["sh", "-c", BIND_AND_RUN, build, view] if os.path.isdir(build) else []
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", *bind, *arguments]


def view_of(folder):
    """Where the build is, inside."""
    return os.path.join(folder, "build")


def closed(path):
    """The first part of a path that keeps other users from reading what it leads to; None when all may."""
    parts = os.path.abspath(path).split("/")
    for end in range(2, len(parts) + 1):
        part = "/".join(parts[:end])
        needed = stat.S_IXOTH if os.path.isdir(part) else stat.S_IXOTH | stat.S_IROTH
        if os.stat(part).st_mode & needed != needed:
            return part
    return None
