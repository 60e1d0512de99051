/** Written in by the bundler and by the tests' transform, so that nothing has to find package.json at run time. */
declare const __OPS_AGENT_VERSION__: string;

/** The package's version, for instance `0.1.0`. */
export const VERSION: string = __OPS_AGENT_VERSION__;
