// Access tokens made by jose, like the server's but for one thing each.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
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

const refusals = new Set();
async function accepted(token) {
  const { status, text, headers } = await s.request('GET', '/v1/me', { token });
  assert.ok(status === 200 || status === 401, `${status} ${text}`);
  if (status === 401) refusals.add(`${text} ${headers.get('www-authenticate')} ${[...headers.keys()]}`);
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

const encode = (text) => Buffer.from(text).toString('base64url');
function sign(input, { secret = secrets.JWT_ACCESS_SECRET, digest = 'sha256' } = {}) {
  return createHmac(digest, secret).update(input).digest('base64url');
}
// A token of any JSON, signed with the right key unless `how` says otherwise.
function raw(header, payload = JSON.stringify(claims), how = {}) {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${how.signature ?? sign(input, how)}`;
}
const members = (more) => `{"alg":"HS256","typ":"at+jwt"${more}}`;
const right = members('');
// The same bytes with the bits set that base64 leaves over.
function bent(part, by) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)) + by];
}
// A member in front pads a part so that its last character has bits left over.
const loose = (json, left) => (encode(json).length % 4 === left ? json : loose(` ${json}`, left));
function bentPart(header, payload) {
  const input = `${header}.${payload}`;
  return `${input}.${sign(input)}`;
}

test('whatever is wrong with it, the answer is one and the same (TK1, TK2, TK3, TK7)', async () => {
  const now = Math.floor(Date.now() / 1000), [h, p, sig] = me.token.split('.');
  const change = (values) => raw(right, JSON.stringify({ ...claims, ...values }));
  const forged = [
    ...['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => [
      raw(`{"alg":"${alg}","typ":"at+jwt"}`), raw(`{"alg":"${alg}","typ":"at+jwt"}`, undefined, { signature: '' })]),
    ...['HS384', 'HS512', 'RS256', 'ES256', 'PS256', 'EdDSA', 'hs256', '', 'HS256 '].map((alg) => raw(`{"alg":"${alg}","typ":"at+jwt"}`)),
    raw('{"alg":"HS384","typ":"at+jwt"}', undefined, { digest: 'sha384' }),
    raw(right, undefined, { digest: 'sha512' }), raw(right, undefined, { secret: '' }),
    raw(right, undefined, { secret: secrets.JWT_REFRESH_SECRET }), raw(right, undefined, { secret: `${secrets.JWT_ACCESS_SECRET}\n` }),
    raw('{"typ":"at+jwt"}'), raw('{"alg":["HS256"],"typ":"at+jwt"}'), raw('{"alg":null,"typ":"at+jwt"}'),
    raw('{"alg":"none","alg":"HS256","typ":"at+jwt"}'), raw('{"alg":"HS256","alg":"HS256","typ":"at+jwt"}'),
    raw('{"alg":"HS256","\\u0061lg":"none","typ":"at+jwt"}'), raw(members(',"typ":"at+jwt"')), raw(members(',"ALG":"none"')),
    ...['../../../dev/null', "' union select 'key' --", '', '0', 'AAAAAAAA', 'https://evil.example/key'].map((kid) => raw(members(`,"kid":"${kid}"`))),
    raw(members(',"kid":0')), raw(members(',"kid":"a\\u0000b"')),
    raw(members(',"jku":"https://evil.example/jwks"')), raw(members(',"x5u":"https://evil.example/cert"')),
    raw(members(',"jwk":{"kty":"oct","k":"AAAA"}')), raw(members(',"x5c":["MIIB"]')), raw(members(',"x5t":"AAAA"')),
    raw(members(',"crit":["exp"],"exp":1')), raw(members(',"crit":[]')), raw(members(',"crit":["b64"],"b64":false')),
    raw(members(',"b64":false')), raw(members(',"b64":true')), raw(members(',"zip":"DEF"')), raw(members(',"cty":"JWT"')),
    ...['JWT', 'AT+JWT', 'application/at+jwt', 'rt+jwt'].map((typ) => raw(`{"alg":"HS256","typ":"${typ}"}`)),
    raw('{"alg":"HS256"}'), raw(`[${right}]`), raw(`${right}{}`), raw('null'), raw(''),
    `${h}.${p}.${bent(sig, 1)}`, `${h}.${p}.${bent(sig, 2)}`, `${h}.${p}.${bent(sig, 3)}`,
    bentPart(bent(encode(loose(right, 3)), 1), p), bentPart(h, bent(encode(loose(JSON.stringify(claims), 2)), 1)),
    bentPart(`${h}=`, p), bentPart(h, `${p}=`), bentPart(h, `${p}==`), `${h}.${p}.${sig}=`, `${h}.${p}.${sig}.`,
    `${h}..${sig}`, `.${p}.${sig}`, `${h}.${p}`, `${h}.${p}.${sig}.${sig}`, `${p}.${h}.${sig}`, h, '.', '..',
    change({ iat: now - 900, exp: now }), change({ iat: now - 901, exp: now - 1 }), change({ iat: now + 75, exp: now + 975 }),
    change({ nbf: now + 75 }), change({ exp: claims.exp + 1 }), change({ exp: claims.exp - 1 }), change({ exp: 2 ** 63 }),
    change({ gen: '0' }), change({ gen: -1 }), change({ sid: 1 }), change({ admin: true }), change({ role: 'Admin' }),
    raw(right, `{"role":"admin",${JSON.stringify(claims).slice(1)}`), raw(right, '{}'), raw(right, 'null'), raw(right, `[${JSON.stringify(claims)}]`),
    me.refreshToken, me.refreshToken.slice(4), me.user.id, secrets.JWT_ACCESS_SECRET,
  ];
  assert.ok(new Set(forged).size === forged.length && forged.length >= 60, String(forged.length));
  assert.ok(await accepted(raw(right)) && (await accepted(raw(loose(right, 3)))) && (await accepted(raw(right, loose(JSON.stringify(claims), 2)))));
  for (const [i, token] of forged.entries()) assert.ok(!(await accepted(token)), `${i}: ${token}`);
  assert.equal(refusals.size, 1, [...refusals].join('\n'));
});
