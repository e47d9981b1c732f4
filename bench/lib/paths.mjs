// What is measured, path by path: who takes part, what is to be true before and after, and how.

import { request } from '../../tests/lib/http.mjs';
import { BASE_PATH } from '../../tests/lib/visitor.mjs';
import { codeCycles, passkeyCycles } from './cycles.mjs';
import { wrk, wrkInTurn } from './load.mjs';

/** A GET by whoever is signed in, whose answer is looked at before and after. */
const signedInGet = (route, isRight) => ({
  async measure(contender, load) {
    const headers = { Cookie: contender.jar.header() };
    const result = await wrk(contender, route, { ...load, headers });
    const answer = await contender.visitor.get(route.slice(BASE_PATH.length));
    if (!isRight(answer)) throw new Error(`${contender.name}, ${route}: ${answer.status} ${answer.text}`);
    return result;
  },
});

const session = signedInGet(`${BASE_PATH}/get-session`, ({ json }) => json?.session && json.user);

async function verifyKeys(contender, load) {
  if (!contender.keys) await contender.enrolKeys();
  const requests = contender.keys.map((key, i) => contender.verification(key, i));
  const result = await wrkInTurn(contender, requests[0].path, requests, load);
  for (const { path, headers, body } of requests.slice(0, 4)) {
    const answer = await request(`${contender.url}${path}`, {
      method: 'POST',
      headers: { origin: contender.url, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (answer.json?.valid !== true) throw new Error(`${contender.name}: a key is not valid: ${answer.text}`);
  }
  return result;
}

export const PATHS = {
  'get-session': {
    title: 'GET /get-session',
    contenders: ['kiavi', 'kiavi-uncached', 'node', 'node-cookie', 'crate', 'hello'],
    async measure(contender, load) {
      if (!contender.jar) return wrk(contender, '/', { ...load, headers: { Cookie: 'a=b' } });
      // What a cookie cache keeps ends after five minutes; it shall be there throughout.
      contender.jar.delete('better-auth.session_data');
      await contender.visitor.get('/get-session');
      return session.measure(contender, load);
    },
  },
  token: {
    title: 'GET /token (EdDSA)',
    contenders: ['kiavi', 'node', 'crate'],
    ...signedInGet(`${BASE_PATH}/token`, ({ json }) => json?.token?.split('.').length === 3),
  },
  jwks: {
    title: 'GET /jwks',
    contenders: ['kiavi', 'node', 'crate'],
    async measure(contender, load) {
      await contender.visitor.get('/token'); // the first one makes the key
      return signedInGet(`${BASE_PATH}/jwks`, ({ json }) => json?.keys?.length > 0).measure(contender, load);
    },
  },
  'key-verify': {
    title: 'verification of an API key',
    contenders: ['kiavi', 'node', 'crate'],
    measure: verifyKeys,
  },
  'code-sign-in': {
    title: 'sign-in by code: send and redeem',
    contenders: ['kiavi', 'node', 'crate'],
    measure: codeCycles,
  },
  'passkey-sign-in': {
    title: 'sign-in by passkey: options and verification',
    contenders: ['kiavi', 'node', 'crate'],
    measure: passkeyCycles,
  },
};
