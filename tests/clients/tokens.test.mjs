// Access tokens made by jose, like the server's but for one thing each.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { base64url, jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { secrets, signUp, startMvp } from './server.mjs';

const key = new TextEncoder().encode(secrets.JWT_ACCESS_SECRET);
const s = await startMvp();
after(() => s.stop());
const me = await signUp(s);
const { payload: claims } = await jwtVerify(me.token, key);

// A token like the server's but for what is given.
function forge({ header = {}, change = {}, without = [], signer = key } = {}) {
  const body = { ...claims, ...change };
  for (const name of without) delete body[name];
  return new SignJWT(body).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header }).sign(signer);
}

async function accepted(token) {
  const { status, code } = await s.request('GET', '/v1/me', { token });
  assert.ok(status === 200 || (status === 401 && code === 'UNAUTHENTICATED'), `${status} ${code}`);
  return status === 200;
}

test('one that jose signs the same way is good', async () => {
  assert.ok(await accepted(await forge()));
});

test('jsonwebtoken reads what the server signs, and the server what it signs', async () => {
  const secret = secrets.JWT_ACCESS_SECRET;
  const { header, payload } = jsonwebtoken.verify(me.token, secret, { algorithms: ['HS256'], complete: true });
  assert.deepEqual([header, payload], [{ alg: 'HS256', typ: 'at+jwt' }, claims]);
  assert.ok(await accepted(jsonwebtoken.sign(claims, secret, { header: { typ: 'at+jwt' } })));
  assert.ok(!(await accepted(jsonwebtoken.sign(claims, secret)))); // typ JWT
  assert.ok(!(await accepted(jsonwebtoken.sign(claims, secret, { algorithm: 'HS384', header: { typ: 'at+jwt' } }))));
  assert.throws(() => jsonwebtoken.verify(me.token, secrets.JWT_REFRESH_SECRET));
});

test('other algorithms, keys, headers and claims are refused (TK1, TK2)', async () => {
  const now = Math.floor(Date.now() / 1000);
  const refused = {
    'HS384': { header: { alg: 'HS384' } },
    'HS512': { header: { alg: 'HS512' } },
    'typ JWT': { header: { typ: 'JWT' } },
    'no typ': { header: { typ: undefined } },
    'jku': { header: { jku: 'https://example.com/keys' } },
    'unknown kid': { header: { kid: '../../etc/passwd' } },
    'another key': { signer: new TextEncoder().encode('another secret of the right length') },
    'expired': { change: { iat: now - 1000, exp: now - 100 } },
    'not yet': { change: { nbf: now + 300 } },
    'issued later': { change: { iat: now + 300, exp: now + 1200 } },
    'lives too long': { change: { exp: claims.iat + 86_400 } },
    'another issuer': { change: { iss: 'someone' } },
    'another audience': { change: { aud: 'something' } },
    'unknown role': { change: { role: 'owner' } },
    'role of another type': { change: { role: 3 } },
    'time as text': { change: { exp: String(now + 500) } },
    'a fraction of a second': { change: { exp: now + 500.5 } },
  };
  for (const name of ['iss', 'aud', 'sub', 'org', 'sid', 'role', 'iat', 'exp']) refused[`no ${name}`] = { without: [name] };
  for (const [name, how] of Object.entries(refused)) assert.ok(!(await accepted(await forge(how))), name);
});

test('alg none and bent spellings are refused (TK1, TK3)', async () => {
  const [header, payload, signature] = me.token.split('.');
  const none = base64url.encode(JSON.stringify({ alg: 'none', typ: 'at+jwt' }));
  const bent = [`${none}.${payload}.`, `${none}.${payload}.${signature}`, `${header}.${payload}.`, `${header}.${payload}`,
    `${me.token}=`, `${me.token}.`, `${header}.${payload}.${signature.slice(0, -1)}`,
    `${header}.${payload}.${signature}A`, `${header}.${payload}.${signature.toLowerCase()}`];
  for (const token of bent) assert.ok(!(await accepted(token)), token);
});
