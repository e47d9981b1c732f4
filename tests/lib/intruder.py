"""Somebody who has taken over a process: speaks on the very sockets that it holds, taken by pidfd_getfd(2), for which one has to be
root. Started once for each process; reads an order a line, answers with a line, both JSON.

  {"do": "list"}                             the sockets: [{"fd", "type", "family", "listens", "peer"}]; type 5 is
                                             SOCK_SEQPACKET, and a peer is told that has a name
  {"do": "send", "fd", "hex", "fds", "times"}  a packet, so often and with so many descriptors of /dev/null; {"sent"}, and
                                             {"refused"} if one of them was
"""

import ctypes
import json
import os
import select
import socket
import sys

PATIENCE_SECONDS = 2
PIDFD_OPEN, PIDFD_GETFD = 434, 438  # the same on every architecture

libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])


def system_call(number, *arguments):
    answer = libc.syscall(number, *map(ctypes.c_long, arguments))
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer


process = system_call(PIDFD_OPEN, pid, 0)


def take(fd):
    """Their socket, as a descriptor of ours: the same open file."""
    return socket.socket(fileno=system_call(PIDFD_GETFD, process, fd, 0))


def peer(theirs):
    try:
        return str(theirs.getpeername() or "")
    except OSError:
        return ""  # nobody is at the other end


def sockets():
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                continue
            with take(int(name)) as theirs:
                kind = theirs.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
                listens = bool(theirs.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
                one = {"fd": int(name), "type": kind, "family": theirs.family, "listens": listens}
                found.append(one | {"peer": peer(theirs)})
        except OSError:
            continue  # closed meanwhile
    return sorted(found, key=lambda one: one["fd"])


def send(order, times=1):
    packet, null = bytes.fromhex(order["hex"]), os.open("/dev/null", os.O_RDWR)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, null.to_bytes(4, sys.byteorder) * order.get("fds", 0))]
    sent = 0
    try:
        with take(order["fd"]) as theirs:
            for _ in range(times):
                # As long as whoever is at the other end takes it.
                if not select.select([], [theirs], [], PATIENCE_SECONDS)[1]:
                    break
                theirs.sendmsg([packet], rights if order.get("fds") else [], socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
                sent += 1
    except OSError as error:
        return {"sent": sent, "refused": error.strerror}
    finally:
        os.close(null)
    return {"sent": sent}


for line in sys.stdin:
    order = json.loads(line)
    if order["do"] == "list":
        answer = sockets()
    else:
        answer = send(order, order.get("times", 1))
    print(json.dumps(answer), flush=True)
