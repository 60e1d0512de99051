"""One statement on Spark: its parameters bound as literals, its rows as Arrow, its failure as Databricks tells of one."""

from __future__ import annotations

import base64
import glob
import json
import os
import re
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, functions as F

TIME = re.compile(r"[-+0-9T:. Z]+")
INSERT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*INSERT\b", re.IGNORECASE | re.DOTALL)
# Commits that are looked through for an INSERT's own: others may have come in between.
COMMITS = 50


class Cancelled(Exception):
    """Somebody asked for the statement's end before it came."""


def bound(parameter: dict[str, Any]) -> Column:
    """The literal of a parameter. Not a cast: LIMIT, INTERVAL and Delta's commands take constants alone."""
    kind, value = parameter.get("type"), parameter.get("value")
    if value is None or kind in (None, "VOID"):
        return F.lit(None)
    if kind in ("INTEGER", "INT", "SMALLINT", "TINYINT"):
        return F.lit(int(value))
    if kind == "BIGINT":
        return F.expr(f"{int(value)}L")
    if kind in ("DOUBLE", "FLOAT"):
        return F.lit(float(value))
    if kind == "DECIMAL":
        return F.expr(f"{value}BD" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) else "CAST('no decimal' AS DECIMAL)")
    if kind == "BOOLEAN":
        return F.lit(value.lower() == "true")
    if kind in ("TIMESTAMP", "DATE", "TIMESTAMP_NTZ"):
        if TIME.fullmatch(value) is None:
            raise ValueError(f"[CAST_INVALID_INPUT] The value '{value}' cannot be cast to {kind}")
        return F.expr(f"{kind} '{value}'")
    return F.lit(value)


def described(thrown: Exception) -> dict[str, Any]:
    """The first exception on the way to the cause that has a SQLSTATE; where none has one, the cause itself."""
    message, state = str(thrown), None
    cause = getattr(thrown, "_origin", None) or getattr(thrown, "java_exception", None)
    while cause is not None and state is None:
        message = str(cause.getMessage() or cause.toString())
        try:
            state = cause.getSqlState()
        except Exception:  # no SparkThrowable
            pass
        cause = cause.getCause()
    return {"message": message, "sqlState": None if state is None else str(state)}


class Statement:
    def __init__(self, spark: SparkSession, name: str, sql: str) -> None:
        self.name = name
        self.sql = sql
        self.is_insert = INSERT.match(sql) is not None
        self.is_cancelled = False
        # An INSERT's commit is found again by the name that it is given, and a session's settings are those of all its statements.
        self.spark = SparkSession(spark.sparkContext, spark._jsparkSession.cloneSession()) if self.is_insert else spark
        self.context = spark.sparkContext

    def cancel(self) -> None:
        self.is_cancelled = True
        self.context._jsc.sc().cancelJobGroupAndFutureJobs(self.name)

    def run(self, parameters: list[dict[str, Any]], batch_rows: int) -> dict[str, Any]:
        self.context.setJobGroup(self.name, self.name, interruptOnCancel=True)
        if self.is_insert:
            self.spark.conf.set("spark.databricks.delta.commitInfo.userMetadata", self.name)
        args = {parameter["name"]: bound(parameter) for parameter in parameters}
        try:
            rows = self.spark.sql(self.sql, args=args) if args else self.spark.sql(self.sql)
            table = self.inserted(rows) if self.is_insert else self.as_arrow(rows)
        except Exception:
            if self.is_cancelled:
                raise Cancelled() from None
            raise
        if self.is_cancelled:
            raise Cancelled()
        return encoded(table, batch_rows)

    def as_arrow(self, rows: DataFrame) -> pa.Table:
        try:
            return rows.toArrow()
        except Exception:
            if self.is_cancelled:
                raise
            # The output of some commands has columns that Arrow refuses: as JSON they are readable.
            names = [F.col(f"`{field.name}`") for field in rows.schema.fields]
            simple = [F.to_json(F.struct(name)) if field.dataType.typeName() in ("struct", "array", "map") else name for name, field in zip(names, rows.schema.fields)]
            return rows.select([column.alias(field.name) for column, field in zip(simple, rows.schema.fields)]).toArrow()

    def inserted(self, rows: DataFrame) -> pa.Table:
        """Spark says nothing of what an INSERT did; Delta's log does."""
        count = self.rows_committed(rows._jdf.queryExecution().analyzed().table().table().path().toString())
        return pa.table({name: pa.array([count], pa.int64()) for name in ("num_affected_rows", "num_inserted_rows")})

    def rows_committed(self, table: str) -> int:
        log = os.path.join(table.removeprefix("file:"), "_delta_log", "*.json")
        for commit in sorted(glob.glob(log), reverse=True)[:COMMITS]:
            with open(commit, encoding="utf-8") as lines:
                for action in map(json.loads, lines):
                    said = action.get("commitInfo", {})
                    if said.get("userMetadata") == self.name:
                        return int(said.get("operationMetrics", {}).get("numOutputRows", 0))
        return 0  # nothing to insert is nothing to commit


def encoded(table: pa.Table, batch_rows: int) -> dict[str, Any]:
    batches = [
        {"rows": batch.num_rows, "arrow": base64.b64encode(batch.serialize()).decode()}
        for batch in table.to_batches(max_chunksize=batch_rows)
        if batch.num_rows > 0
    ]
    columns = [{"name": field.name, "type": str(field.type)} for field in table.schema]
    return {"columns": columns, "schema": base64.b64encode(table.schema.serialize()).decode(), "batches": batches}
