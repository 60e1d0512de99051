/** The credentials of a service principal, which buys tokens with them. */
export interface ServicePrincipal {
  readonly clientId: string;
  readonly clientSecret: string;
}

const HOUR_S = 3600;

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Which bearer tokens are good, and who may buy some. */
export class Tokens {
  readonly #good = new Set<string>();
  readonly #refused = new Map<string, number>();
  readonly #principal: ServicePrincipal;
  #bought = 0;

  constructor(personal: string, principal: ServicePrincipal) {
    this.#good.add(personal);
    this.#principal = principal;
  }

  /** 200, or what the answer to a request with this Authorization header is. */
  statusOf(authorization = ''): number {
    const token = authorization.replace(/^Bearer /, '');
    return this.#refused.get(token) ?? (this.#good.has(token) ? 200 : 401);
  }

  add(token: string): void {
    this.#good.add(token);
    this.#refused.delete(token);
  }

  revoke(token: string, status: 401 | 403): void {
    this.#refused.set(token, status);
  }

  get bought(): number {
    return this.#bought;
  }

  /** The answer of the token endpoint. The driver reads from the token itself when it ends. */
  buy(authorization = '', lifeSeconds = HOUR_S): { readonly status: number; readonly body: object } {
    const { clientId, clientSecret } = this.#principal;
    const basic = `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`;
    if (authorization !== basic)
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client authentication failed' } };
    this.#bought += 1;
    const exp = Math.floor(Date.now() / 1000) + lifeSeconds;
    const token = `${encoded({ alg: 'none' })}.${encoded({ sub: clientId, exp, jti: this.#bought })}.none`;
    this.add(token);
    return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: lifeSeconds, scope: 'all-apis' } };
  }
}
