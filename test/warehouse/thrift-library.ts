/**
 * The driver's own Thrift, so that both ends speak of the same fields. Neither it nor the generated service has types of its own here:
 * what the server uses of them is said below.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Types from '@databricks/sql/thrift/TCLIService_types';

// The process of the warehouse is started in the project's folder.
const fromDriver = createRequire(createRequire(path.resolve('package.json')).resolve('@databricks/sql'));

interface Transport {
  commitPosition(): void;
}
interface TransportKind {
  new (buffer: undefined, flush: (reply: Buffer) => void): Transport;
  receiver(received: (transport: Transport) => void, sequence: number): (bytes: Buffer) => void;
}
interface Protocol {
  flush(): void;
}
interface Processor {
  process(input: Protocol, output: Protocol): void;
}
/** A 64-bit number of the wire. */
export interface Int64 {
  toNumber(): number;
}

const { TBufferedTransport, TBinaryProtocol } = fromDriver('thrift') as {
  readonly TBufferedTransport: TransportKind;
  readonly TBinaryProtocol: new (transport: Transport) => Protocol;
};
const service = fromDriver('../thrift/TCLIService') as { readonly Processor: new (calls: ServiceCalls) => Processor };

export const types = fromDriver('../thrift/TCLIService_types') as typeof Types;
export const int64 = (value: number): Int64 => new (fromDriver('node-int64') as new (value: number) => Int64)(value);

/** Every call of the service that is answered, by its name on the wire. The processor asks for functions of one argument. */
export type ServiceCalls = Readonly<Record<string, (request: never) => Promise<object>>>;

/** The encoded reply to one encoded call. */
export function processed(calls: ServiceCalls, message: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const receive = TBufferedTransport.receiver((transport) => {
      const output = new TBinaryProtocol(new TBufferedTransport(undefined, resolve));
      new service.Processor(calls).process(new TBinaryProtocol(transport), output);
      transport.commitPosition();
    }, 0);
    receive(message);
  });
}
