/**
 * Leads connections to the host of OPS_AGENT_TEST_CLOUD (`name:port`) to that port of this machine: the driver buys tokens at the hosts
 * of Databricks' clouds alone. For a process of its own: `node --require` this file.
 */
const tls = require('node:tls');

const [cloudHost, port] = (process.env.OPS_AGENT_TEST_CLOUD ?? ':').split(':');
const connect = tls.connect;

tls.connect = (options, ...rest) =>
  connect(options.host === cloudHost ? { ...options, servername: cloudHost, host: '127.0.0.1', port: Number(port) } : options, ...rest);
