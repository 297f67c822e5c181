// The CRM's side: OAuth and the REST API.
import { createHash, timingSafeEqual } from 'node:crypto';

// NotInstalled means that the CRM takes the user's tokens no more, or that there
// never were any. Only a new installation helps.
export class NotInstalled extends Error {}

// Unauthorized means that an access token has ended early.
export class Unauthorized extends Error {}

export class CRM {
  constructor({ host, clientId, secret, redirect }) {
    this.host = host;
    this.clientId = clientId;
    this.redirect = redirect;
    this.basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  }

  // authorizeURL is the consent screen.
  authorizeURL(state) {
    const query = new URLSearchParams({ client_id: this.clientId, redirect_uri: this.redirect, state, response_type: 'code' });
    return `${this.host}/oauth/authorize?${query}`;
  }

  // exchange turns the code of the callback into a token, once.
  exchange(code) {
    return this.#token({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: this.redirect });
  }

  refresh(old) {
    return this.#token({ grant_type: 'refresh_token', refresh_token: old.refresh });
  }

  async #token(form) {
    const response = await fetch(`${this.host}/oauth/token`, {
      method: 'POST',
      headers: { Authorization: this.basic },
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(20_000),
    });
    const said = await response.json();
    if (said.error === 'invalid_grant') {
      throw new NotInstalled(said.message);
    }
    if (!response.ok) {
      throw new Error(`The CRM answered ${response.status} to ${form.grant_type}: ${said.message ?? said.error}`);
    }
    return {
      access: said.access_token,
      refresh: said.refresh_token ?? form.refresh_token,
      apiDomain: said.api_domain,
      until: Date.now() + said.expires_in * 1000,
    };
  }

  // get reads from the REST API, version 1, where the token says that it is.
  async get(token, path) {
    const response = await fetch(`${token.apiDomain}/v1${path}`, {
      headers: { Authorization: `Bearer ${token.access}` },
      signal: AbortSignal.timeout(20_000),
    });
    if (response.status === 401) {
      throw new Unauthorized();
    }
    if (!response.ok) {
      throw new Error(`The CRM answered ${response.status} to GET ${path}: ${(await response.text()).slice(0, 200)}`);
    }
    return response.json();
  }

  // shows tells whether a call carries the app's credentials, as the CRM's do.
  shows(authorization) {
    const digest = (text) => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(authorization ?? ''), digest(this.basic));
  }
}
