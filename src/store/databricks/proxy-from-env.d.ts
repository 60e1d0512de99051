/** The package has no types of its own; this is the part that proxy.ts uses. */
declare module 'proxy-from-env' {
  /** The proxy's address; '' where there is none, or NO_PROXY excepts the host. */
  export function getProxyForUrl(url: { readonly protocol: string; readonly host: string; readonly port: string }): string;
}
