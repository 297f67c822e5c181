// Signed tokens: who looks at an iframe, certified by the CRM.
import { createHmac, timingSafeEqual } from 'node:crypto';

// Refused is an answer that is not a success, with its HTTP status.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// skew is how far the clocks of CRM and app may differ, in seconds.
const skew = 60;

// verify checks a JWT, signed with HS256 and no other algorithm, and returns its
// claims: userId and companyId.
export function verify(token, secret) {
  const parts = (token ?? '').split('.');
  if (parts.length !== 3) {
    throw new Refused(401, 'Expected the signed token of the CRM.');
  }
  const header = decode(parts[0]);
  if (header.alg !== 'HS256') {
    throw new Refused(401, 'The token has the wrong algorithm: expected HS256.');
  }
  const expected = createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest();
  const signature = Buffer.from(parts[2], 'base64url');
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    throw new Refused(401, 'The token was signed with another secret.');
  }
  const claims = decode(parts[1]);
  if (typeof claims.exp !== 'number' || claims.exp + skew <= Date.now() / 1000) {
    throw new Refused(401, 'The token has expired. Load the page again.');
  }
  if (!Number.isSafeInteger(claims.userId) || !Number.isSafeInteger(claims.companyId)) {
    throw new Refused(401, 'The token does not say who looks.');
  }
  return claims;
}

function decode(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) ?? {};
  } catch {
    throw new Refused(401, 'The token is malformed.');
  }
}
