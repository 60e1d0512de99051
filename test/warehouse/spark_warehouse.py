"""The engine of the test warehouse: Spark with Delta. Reads one JSON request a line from stdin and writes one JSON answer a line, in the
order in which they are ready. It ends with its stdin, so that it never outlives whoever started it, and takes its folder with it.

Usage: spark_warehouse.py FOLDER_OF_JARS
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

os.environ["TZ"] = "UTC"
# The JVM inherits stdout and may print there: the answers keep a descriptor of their own.
ANSWERS = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
os.dup2(2, 1)

from pyspark.sql import SparkSession  # noqa: E402

from spark_statement import Cancelled, Statement, described  # noqa: E402

STATEMENTS_AT_ONCE = 16
# The tables of a test have a handful of rows. What pays for itself on large ones (generated code, many partitions, statistics of
# columns) costs more here than it saves. What takes the time is Spark's own analysis of the statements, which the JVM's optimising
# compiler pays for within two minutes.
SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
    # A workspace's own defaults can be anything: what a session asks for has to matter.
    "spark.sql.session.timeZone": "Asia/Kolkata",
    "spark.sql.ansi.enabled": "false",
    # Delta's own parser does not know the other way of substituting parameters.
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # What a page about past statements would show, a megabyte for each plan, fills the heap of a run of hours.
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.ui.retainedTasks": "1",
    "spark.log.level": "ERROR",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "3g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -Xmn1g",
    # Each hash table and each sort takes one at least. By the size of the heap they would be of 32 MB, and the collector all that the run did.
    "spark.buffer.pageSize": "256k",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.databricks.delta.snapshotPartitions": "1",
    # Without checksums and their files: half as many processes are forked to set permissions, and writing a table takes half the time.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
    "spark.delta.logStore.file.impl": "io.delta.storage.LocalLogStore",
    # A checkpoint takes a second, and a test's table has few versions.
    "spark.databricks.delta.properties.defaults.checkpointInterval": "100",
    # Every statement sees the newest version of a table.
    "spark.databricks.delta.stalenessLimit": "0",
    "spark.databricks.delta.stats.collect": "false",
    "spark.databricks.delta.stats.skipping": "false",
}

# What a session of a SQL warehouse asks for, in Spark's words. The service keeps STATEMENT_TIMEOUT.
SESSION_PARAMETERS = {"ANSI_MODE": "spark.sql.ansi.enabled", "TIMEZONE": "spark.sql.session.timeZone"}


class Engine:
    """One Spark for all sessions; they share the catalog, and each has a current schema and settings of its own."""

    def __init__(self, folder: str, jars: str) -> None:
        self.folder = folder
        builder = SparkSession.builder.master("local[4]").appName("test-warehouse")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        self.spark = (
            builder.config("spark.jars", ",".join(glob.glob(os.path.join(jars, "*.jar"))))
            .config("spark.sql.warehouse.dir", os.path.join(folder, "warehouse"))
            .config("spark.local.dir", os.path.join(folder, "local"))
            .getOrCreate()
        )
        self.sessions: dict[str, SparkSession] = {}
        self.running: dict[str, Statement] = {}

    def open(self, session: str, catalog: str | None, schema: str | None, configuration: dict[str, str]) -> dict[str, Any]:
        spark = self.spark.newSession()
        for name, value in configuration.items():
            known = SESSION_PARAMETERS.get(name.upper(), name)
            if known.startswith("spark.sql."):
                spark.conf.set(known, value)
        if catalog is not None:
            spark.catalog.setCurrentCatalog(catalog)
        if schema is not None:
            spark.sql(f"USE SCHEMA `{schema}`")
        self.sessions[session] = spark
        return {}

    def close(self, session: str) -> dict[str, Any]:
        self.sessions.pop(session, None)
        return {}

    def execute(self, session: str, statement: str, sql: str, parameters: list[dict[str, str]], batchRows: int) -> dict[str, Any]:
        running = Statement(self.sessions[session], statement, sql)
        self.running[statement] = running
        try:
            return running.run(parameters, batchRows)
        finally:
            del self.running[statement]

    def cancel(self, statement: str) -> dict[str, Any]:
        running = self.running.get(statement)
        if running is not None:
            running.cancel()
        return {"found": running is not None}

    def query(self, sql: str) -> dict[str, Any]:
        spark = self.spark.newSession()
        for name, value in {"ANSI_MODE": "true", "TIMEZONE": "UTC"}.items():
            spark.conf.set(SESSION_PARAMETERS[name], value)
        rows = spark.sql(sql)
        return {"rows": [json.loads(row) for row in rows.toJSON().collect()] if rows.columns else []}

    def warehouse_of(self, schema: str) -> str:
        return os.path.join(self.folder, "warehouse", f"{schema}.db")

    def copy_of(self, schema: str) -> str:
        return os.path.join(self.folder, "copies", schema)

    def copySchema(self, source: str, target: str) -> dict[str, Any]:
        """Far cheaper than the DDL: files are copied, and Spark is only told that they are there. Beside the schema's own folder, in which a
        table that was dropped can then be made anew."""
        origin, copied = self.warehouse_of(source), self.copy_of(target)
        shutil.copytree(origin, copied)
        spark = self.spark.newSession()
        spark.sql(f"CREATE SCHEMA `{target}`")
        for name in sorted(os.listdir(copied)):
            spark.sql(f"CREATE TABLE `{target}`.`{name}` USING DELTA LOCATION '{os.path.join(copied, name)}'")
        return {}

    def dropSchema(self, name: str) -> dict[str, Any]:
        """With what Delta remembers of its tables, which would grow without end."""
        self.spark.sql(f"DROP SCHEMA IF EXISTS `{name}` CASCADE")
        delta_log = self.spark._jvm.org.apache.spark.sql.delta.DeltaLog
        path = self.spark._jvm.org.apache.hadoop.fs.Path
        for folder in (self.warehouse_of(name), self.copy_of(name)):
            for table in os.listdir(folder) if os.path.isdir(folder) else []:
                delta_log.invalidateCache(self.spark._jsparkSession, path(os.path.join(folder, table)))
            shutil.rmtree(folder, ignore_errors=True)
        return {}


def answer(engine: Engine, lock: threading.Lock, number: int, work: Callable[[], dict[str, Any]]) -> None:
    # A thread keeps the group of what it ran before, of which a cancelled statement lets nothing run any more.
    engine.spark.sparkContext.setJobGroup(f"call {number}", "", interruptOnCancel=True)
    try:
        said: dict[str, Any] = {"id": number, "ok": work()}
    except Cancelled:
        said = {"id": number, "cancelled": True}
    except Exception as thrown:  # whatever a statement dies of is its answer
        said = {"id": number, "error": described(thrown)}
    text = json.dumps(said)
    with lock:
        ANSWERS.write(f"{text}\n")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ops-agent-warehouse-", ignore_cleanup_errors=True) as folder:
        engine = Engine(folder, sys.argv[1])
        lock = threading.Lock()
        ANSWERS.write('{"ready":true}\n')
        # A cancel must not wait behind the statements that it is to end.
        with ThreadPoolExecutor(STATEMENTS_AT_ONCE) as statements, ThreadPoolExecutor(2) as cancels:
            for line in sys.stdin:
                request = json.loads(line)
                number, call, given = request["id"], getattr(engine, request["call"]), request["given"]
                pool = cancels if request["call"] == "cancel" else statements
                pool.submit(answer, engine, lock, number, lambda call=call, given=given: call(**given))
            for running in list(engine.running.values()):
                running.cancel()
        engine.spark.stop()


main()
