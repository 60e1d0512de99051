"""Executes the file of a spark_python_task as Databricks does: run_task.py FILE PARAMETER…

The file's text is compiled and executed in this process, so there is no __file__; sys.stdout is an object without a file descriptor; and a
SystemExit fails the run, whatever its code is.
"""

import io
import os
import sys
import traceback


class Output(io.TextIOBase):
    """What is written to it reaches the run's log; what a child writes to the file descriptor of this process does not."""

    def __init__(self, descriptor: int) -> None:
        self.log = os.fdopen(descriptor, "w", encoding="utf-8")

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self.log.write(text)

    def flush(self) -> None:
        self.log.flush()


def main() -> int:
    file, *_ = sys.argv = sys.argv[1:]
    sys.stdout = Output(os.dup(1))
    sys.stderr = Output(os.dup(2))
    lost = os.open(os.devnull, os.O_WRONLY)
    os.dup2(lost, 1)
    os.dup2(lost, 2)
    os.chdir(os.path.dirname(file))
    with open(file, encoding="utf-8") as source:
        code = compile(source.read(), file, "exec")
    try:
        exec(code, {"__name__": "__main__", "__builtins__": __builtins__})
    except BaseException:  # SystemExit too
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


code = main()
os._exit(code)  # nothing of the task is to change how it ended
