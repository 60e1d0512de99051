"""Runs a Python file as a Databricks job runs the python_file of a task: by exec, without __file__, its parameters as sys.argv, sys.stdout without a file descriptor, and any SystemExit a failure.

    python databricks_job.py [--thread] FILE PARAMETER...

With --thread the file runs in another thread than the main one. SIGUSR1 cancels the run: it arrives as a KeyboardInterrupt in the file's thread. The exit code is 0 where the run succeeded.
"""

import ctypes
import io
import logging
import os
import signal
import sys
import threading
import traceback
from types import FrameType


class RunLog(io.TextIOBase):
    """What a run's log keeps, by the real stdout."""

    def __init__(self) -> None:
        self.kept = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def write(self, text: str) -> int:
        return self.kept.write(text)

    def flush(self) -> None:
        self.kept.flush()

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def run(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    try:
        exec(code, {"__name__": "__main__"})
        return 0
    except BaseException as thrown:
        print(f"the run failed: {type(thrown).__name__}", file=sys.stderr)
        traceback.print_exc()
        return 1


def main() -> int:
    arguments = sys.argv[1:]
    in_thread = arguments[0] == "--thread"
    path = arguments[int(in_thread)]
    sys.argv = [path, *arguments[int(in_thread) + 1 :]]
    sys.stdout = RunLog()
    logging.basicConfig(level=logging.INFO)  # the platform keeps what libraries log
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(run(path)))
    runs_in = thread if in_thread else threading.main_thread()

    def cancel(_number: int, _frame: FrameType | None) -> None:
        if not in_thread:
            raise KeyboardInterrupt
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(runs_in.ident or 0), ctypes.py_object(KeyboardInterrupt))

    signal.signal(signal.SIGUSR1, cancel)
    if not in_thread:
        return run(path)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)  # a main thread that waits for ever hears no signal
    return ended[0]


sys.exit(main())
