// Who installed the app, with their tokens, in an encrypted file. A larger app
// keeps them in its database.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import { NotInstalled, Unauthorized } from './crm.js';

export class Installations {
  #file;
  #key;
  #refresh;
  #tokens;
  #refreshing = new Map();
  #writing = Promise.resolve();

  // key is 64 hexadecimal digits; refresh turns an old token into a fresh one.
  constructor(file, key, refresh) {
    this.#file = file;
    this.#key = Buffer.from(key ?? '', 'hex');
    if (this.#key.length !== 32) {
      throw new Error('TOKEN_KEY: expected 64 hexadecimal digits');
    }
    this.#refresh = refresh;
    this.#tokens = this.#read();
  }

  add(company, user, token) {
    this.#tokens[`${company}/${user}`] = token;
    return this.#write();
  }

  remove(company, user) {
    delete this.#tokens[`${company}/${user}`];
    return this.#write();
  }

  // use calls back with a token that works, and once more with a fresh one if it is
  // refused.
  async use(company, user, call) {
    const who = `${company}/${user}`;
    let token = this.#tokens[who];
    if (!token) {
      throw new NotInstalled();
    }
    if (token.until < Date.now() + 60_000) {
      token = await this.#renew(who, token);
    }
    try {
      return await call(token);
    } catch (err) {
      if (!(err instanceof Unauthorized)) {
        throw err;
      }
      return call(await this.#renew(who, token));
    }
  }

  // renew refreshes once, however many calls notice that the token has ended.
  #renew(who, old) {
    const now = this.#tokens[who];
    if (!now) {
      throw new NotInstalled();
    }
    if (now.access !== old.access) {
      return now; // somebody has renewed it meanwhile
    }
    if (!this.#refreshing.has(who)) {
      const work = async () => {
        const fresh = await this.#refresh(old);
        if (this.#tokens[who]?.access === old.access) {
          this.#tokens[who] = fresh; // else it was uninstalled or installed anew
          await this.#write();
        }
        return fresh;
      };
      this.#refreshing.set(who, work().finally(() => this.#refreshing.delete(who)));
    }
    return this.#refreshing.get(who);
  }

  #read() {
    let raw;
    try {
      raw = readFileSync(this.#file);
    } catch (err) {
      if (err.code === 'ENOENT') {
        return {};
      }
      throw err;
    }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, raw.subarray(0, 12));
    decipher.setAuthTag(raw.subarray(12, 28));
    return JSON.parse(Buffer.concat([decipher.update(raw.subarray(28)), decipher.final()]).toString());
  }

  // write replaces the file in one step, one write after the other.
  #write() {
    const next = async () => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
      const sealed = Buffer.concat([cipher.update(JSON.stringify(this.#tokens)), cipher.final()]);
      await writeFile(`${this.#file}.new`, Buffer.concat([nonce, cipher.getAuthTag(), sealed]), { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    };
    this.#writing = this.#writing.catch(() => {}).then(next);
    return this.#writing;
  }
}
