import { int64, types } from './thrift-library.ts';
import type { ArrowBatch, ArrowRows } from './spark-process.ts';

const { TTypeId, TSparkRowSetType, TStatusCode } = types;

const SUCCESS = { statusCode: TStatusCode.SUCCESS_STATUS };

const TYPE_IDS: Readonly<Record<string, number>> = {
  bool: TTypeId.BOOLEAN_TYPE,
  int8: TTypeId.TINYINT_TYPE,
  int16: TTypeId.SMALLINT_TYPE,
  int32: TTypeId.INT_TYPE,
  int64: TTypeId.BIGINT_TYPE,
  float: TTypeId.FLOAT_TYPE,
  double: TTypeId.DOUBLE_TYPE,
  string: TTypeId.STRING_TYPE,
  binary: TTypeId.BINARY_TYPE,
  null: TTypeId.NULL_TYPE,
  timestamp: TTypeId.TIMESTAMP_TYPE,
  'date32[day]': TTypeId.DATE_TYPE,
  decimal128: TTypeId.DECIMAL_TYPE,
  struct: TTypeId.STRUCT_TYPE,
  list: TTypeId.ARRAY_TYPE,
  map: TTypeId.MAP_TYPE,
};

function typeId(arrowType: string): number {
  const bare = /^\w+/.exec(arrowType)?.[0] ?? '';
  return TYPE_IDS[arrowType] ?? TYPE_IDS[bare] ?? TTypeId.STRING_TYPE;
}

/** Arrow also for a result without rows: only then the driver gives times as Date. */
export function metadataOf({ columns, schema }: ArrowRows): object {
  return {
    status: SUCCESS,
    schema: {
      columns: columns.map(({ name, type }, index) => ({
        columnName: name,
        typeDesc: { types: [{ primitiveEntry: { type: typeId(type) } }] },
        position: index + 1,
      })),
    },
    resultFormat: TSparkRowSetType.ARROW_BASED_SET,
    lz4Compressed: false,
    arrowSchema: Buffer.from(schema, 'base64'),
  };
}

export function rowSet(batches: readonly ArrowBatch[], startRow: number, hasMoreRows: boolean): object {
  const arrowBatches = batches.map(({ rows, arrow }) => ({ batch: Buffer.from(arrow, 'base64'), rowCount: int64(rows) }));
  return { status: SUCCESS, hasMoreRows, results: { startRowOffset: int64(startRow), rows: [], arrowBatches } };
}
