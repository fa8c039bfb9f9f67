#!/usr/bin/env python3
"""terminal.py COLUMNSxROWS AWAIT SEND COMMAND...: run COMMAND in a terminal of its own; when AWAIT has appeared, type SEND.

Prints what COMMAND wrote without escape sequences; exit code: COMMAND's, 128 + signal, or 99 when it took a minute."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time


def plain(data):
    return re.sub(rb'\x1b\[[?0-9;]*[A-Za-z]|\x1b\][^\x07]*\x07|\r', b'',
                  re.sub(rb'\x1b\[(\d*)C', lambda m: b' ' * int(m[1] or 1), data))


def main():
    columns, rows = map(int, sys.argv[1].split('x'))
    awaited = sys.argv[2].encode()
    typed = sys.argv[3].encode().decode('unicode_escape').encode('latin1')
    child, terminal = pty.fork()
    if not child:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        os.execvp(sys.argv[4], sys.argv[4:])
    seen, until = b'', time.monotonic() + 60
    while time.monotonic() < until:
        if select.select([terminal], [], [], 1)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        if awaited and awaited in plain(seen):
            os.write(terminal, typed)
            awaited = b''
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(plain(seen).decode(errors='replace'))
        sys.exit(99)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(plain(seen).decode(errors='replace'))
    sys.exit(status if status >= 0 else 128 - status)


main()
