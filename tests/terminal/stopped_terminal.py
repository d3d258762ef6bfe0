# SPDX-License-Identifier: Apache-2.0
"""stopped_terminal.py TALLY PROGRAM ARGUMENT...: runs a dashboard on a terminal that is read only until its first screen
is there, resized all the time so that there is much to write, and read again when TALLY has a line."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = time.monotonic() + 60


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(terminal, word, seen=b""):
    while word not in seen:
        if time.monotonic() > DEADLINE:
            sys.exit("the terminal never got %r, but %r" % (word, seen[-300:]))
        if select.select([terminal], [], [], 1)[0]:
            seen = seen[-100000:] + os.read(terminal, 65536)


def main():
    tally, program = sys.argv[1], sys.argv[2:]
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(program[0], program)
    resize(terminal, 200, 60)
    read_until(terminal, b"Nodes")
    columns = 200
    while os.path.getsize(tally) == 0:
        if time.monotonic() > DEADLINE:
            os.kill(process, signal.SIGKILL)
            sys.exit("nothing goes on while the terminal does not read")
        # Each new size is a whole screen that nobody takes.
        columns = 200 if columns != 200 else 190
        resize(terminal, columns, 60)
        time.sleep(0.02)
    for _ in range(100):
        columns = 200 if columns != 200 else 190
        resize(terminal, columns, 60)
        time.sleep(0.01)
    os.write(terminal, b"?")
    read_until(terminal, b"one row down")
    # s: where something is still driven, that is asked about.
    os.write(terminal, b"qQs")
    read_until(terminal, b"\033[?1049l")
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            sys.exit(os.waitstatus_to_exitcode(status))
        if time.monotonic() > DEADLINE:
            os.kill(process, signal.SIGKILL)
            sys.exit("it does not end")
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                pass


main()
