// The border as clients see it: limits, repeated requests, numbers.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { signUp, startMvp, request } from './server.mjs';

const METRICS_TOKEN = 'metrics-token-of-the-tests-0123456789abcdef';
const WEB_ROOT = fileURLToPath(new URL('../../examples/mvp/web', import.meta.url));
const ORIGIN = 'https://app.example.org';
let s, me;
before(async () => {
  s = await startMvp({ env: { WORKERS: '2', METRICS_TOKEN, RATE_LIMITS: 'on', CORS_ORIGINS: ORIGIN, WEB_ROOT } });
  me = await signUp(s);
});
after(() => s.stop());

const create = (key, name, token = me.token) =>
  s.request('POST', '/v1/projects', { token, body: { name }, headers: key ? { 'idempotency-key': key } : {} });
const count = async (name) => (await s.request('GET', `/v1/projects?q=${name}`, { token: me.token })).body.meta.total;
const scrape = () => fetch(`${s.base}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });

test('the same key and body replay the first answer', async () => {
  const key = randomUUID();
  const first = await create(key, 'first');
  assert.equal(first.status, 201, first.text);
  const again = await create(key, 'first');
  assert.deepEqual([again.status, again.text, again.headers.get('idempotency-replayed')], [201, first.text, 'true']);
  assert.equal(await count('first'), 1);
  const other = await create(key, 'second');
  assert.deepEqual([other.status, other.code], [422, 'IDEMPOTENCY_MISMATCH']);
  const own = await signUp(s);
  assert.equal((await create(key, 'first', own.token)).headers.get('idempotency-replayed'), null);
  assert.equal((await create('', 'third')).status, 201);
});

test('20 parallel equal requests have one effect', async () => {
  for (let round = 0; round < 5; round++) {
    const key = randomUUID(), name = `parallel${round}`;
    const all = await Promise.all(Array.from({ length: 20 }, () => create(key, name)));
    const made = all.filter((r) => r.status === 201);
    assert.ok(made.length >= 1);
    assert.equal(new Set(made.map((r) => r.text)).size, 1);
    for (const r of all.filter((r) => r.status !== 201)) {
      assert.deepEqual([r.status, r.code], [409, 'IDEMPOTENCY_IN_PROGRESS']);
      assert.ok(Number(r.headers.get('retry-after')) >= 1);
    }
    assert.equal(await count(name), 1);
    assert.equal((await create(key, name)).text, made[0].text);
  }
});

test('answers with tokens are not kept', async () => {
  const headers = { 'idempotency-key': randomUUID() };
  const move = () => s.request('POST', '/v1/auth/switch', { token: me.token, body: { orgId: me.organization.id }, headers });
  const first = await move();
  assert.equal(first.status, 200, first.text);
  const again = await move();
  assert.deepEqual([again.status, again.code], [409, 'IDEMPOTENCY_REPLAYED']);
});

test('metrics for the token, 404 for anybody else', async () => {
  for (const authorization of ['', 'Bearer x', `Bearer ${me.token}`, `Basic ${METRICS_TOKEN}`]) {
    const r = await request(s.base, 'GET', '/metrics', { headers: authorization ? { authorization } : {} });
    assert.deepEqual([r.status, r.code], [404, 'NOT_FOUND']);
  }
  const r = await scrape(), text = await r.text();
  assert.deepEqual([r.status, r.headers.get('content-type')], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  assert.match(text, /^saas_requests_total\{method="POST",route="\/v1\/projects",status="2xx"\} \d+$/m);
  assert.match(text, /^saas_db_lanes_ready\{lanes="shared"\} [1-9]/m);
  assert.match(text, /^saas_idempotent_replays_total [1-9]/m);
  assert.ok(!text.includes(me.user.id) && !text.includes(METRICS_TOKEN));
});

// The Fetch standard's CORS protocol by hand: what a page of an origin gets to see, or a thrown error.
const SIMPLE = ['accept', 'accept-language', 'content-language'];
const READABLE = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma'];
const words = (r, name) => (r.headers.get(name) ?? '').split(',').map((w) => w.trim().toLowerCase());
function check(r, origin) {
  const allowed = r.headers.get('access-control-allow-origin');
  if (allowed !== '*' && allowed !== origin) throw new Error(`CORS: ${allowed} is not ${origin}`);
}
async function pageFetch(origin, method, path, { headers = {}, body } = {}) {
  const unsafe = Object.keys(headers).filter((h) => !SIMPLE.includes(h)).sort();
  if (!['GET', 'HEAD', 'POST'].includes(method) || unsafe.length) {
    const asked = { origin, 'access-control-request-method': method };
    if (unsafe.length) asked['access-control-request-headers'] = unsafe.join(',');
    const r = await fetch(s.base + path, { method: 'OPTIONS', headers: asked });
    assert.equal(await r.text(), '');
    check(r, origin);
    if (!r.ok) throw new Error(`CORS: preflight ${r.status}`);
    if (!words(r, 'access-control-allow-methods').includes(method.toLowerCase())) throw new Error('CORS: method');
    for (const h of unsafe) if (!words(r, 'access-control-allow-headers').includes(h)) throw new Error(`CORS: ${h}`);
    assert.ok(Number(r.headers.get('access-control-max-age')) > 0);
  }
  const r = await fetch(s.base + path, { method, headers: { ...headers, origin }, body });
  check(r, origin);
  assert.ok(words(r, 'vary').includes('origin'));
  const exposed = [...READABLE, ...words(r, 'access-control-expose-headers')];
  return { status: r.status, body: await r.json(), get: (h) => (exposed.includes(h) ? r.headers.get(h) : null) };
}

test('a page of a listed origin uses the API and reads its errors', async () => {
  const signedIn = { authorization: `Bearer ${me.token}`, 'content-type': 'application/json' };
  const made = await pageFetch(ORIGIN, 'POST', '/v1/projects', {
    headers: { ...signedIn, 'idempotency-key': randomUUID(), 'x-request-id': 'page-1' }, body: JSON.stringify({ name: 'page' }) });
  assert.deepEqual([made.status, made.get('x-request-id')], [201, 'page-1']);
  const path = `/v1/projects/${made.body.data.id}`;
  assert.equal((await pageFetch(ORIGIN, 'PATCH', path, { headers: signedIn, body: '{"name":"other"}' })).status, 200);
  assert.equal((await pageFetch(ORIGIN, 'DELETE', path, { headers: signedIn })).status, 200);
  assert.equal((await pageFetch(ORIGIN, 'GET', path, { headers: signedIn })).body.error.code, 'PROJECT_NOT_FOUND');
  const stranger = await pageFetch(ORIGIN, 'GET', '/v1/projects');
  assert.deepEqual([stranger.status, stranger.get('www-authenticate')], [401, 'Bearer']);
  const login = await pageFetch(ORIGIN, 'POST', '/v1/auth/login', { headers: { 'content-type': 'application/json' }, body: '{}' });
  assert.deepEqual([login.status, login.get('cache-control')], [400, 'no-store']);
  assert.match(login.get('ratelimit'), /^"open"/);
  assert.equal((await pageFetch(ORIGIN, 'GET', '/v1/nothing')).status, 404);
});

test('a page of any other origin does not', async () => {
  for (const origin of ['https://evil.example', 'http://app.example.org', `${ORIGIN}.evil.example`, 'null']) {
    await assert.rejects(pageFetch(origin, 'GET', '/v1/projects'), /CORS/);
    await assert.rejects(pageFetch(origin, 'POST', '/v1/projects', { headers: { authorization: 'Bearer x' } }), /CORS/);
  }
});

test('answers have the headers for browsers', async () => {
  const r = await fetch(`${s.base}/v1/projects`);
  await r.text();
  for (const [name, value] of [['x-content-type-options', 'nosniff'], ['x-frame-options', 'DENY'], ['referrer-policy', 'no-referrer'],
    ['strict-transport-security', 'max-age=63072000; includeSubDomains'], ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"]])
    assert.equal(r.headers.get(name), value);
  assert.equal(r.headers.get('server'), null);
});

test('the example page and what it loads', async () => {
  const page = await fetch(`${s.base}/`), html = await page.text();
  assert.equal(html, readFileSync(`${WEB_ROOT}/index.html`, 'utf8'));
  assert.match(page.headers.get('content-security-policy'), /^default-src 'self'/);
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const r = await fetch(s.base + path), tag = r.headers.get('etag');
    assert.deepEqual([r.status, await r.text()], [200, readFileSync(WEB_ROOT + path, 'utf8')]);
    assert.match(r.headers.get('content-type'), path.endsWith('.js') ? /^text\/javascript/ : /^text\/css/);
    assert.equal((await fetch(s.base + path, { headers: { 'if-none-match': tag } })).status, 304);
  }
  assert.equal(await (await fetch(`${s.base}/projects/7`, { headers: { accept: 'text/html' } })).text(), html);
  assert.equal((await request(s.base, 'GET', '/projects/7')).code, 'NOT_FOUND');
});

test('an organization has so many calls a minute, by its plan', async () => {
  const r = await s.request('GET', '/v1/projects', { token: me.token });
  assert.match(r.headers.get('ratelimit-policy'), /^"calls";q=6000;w=60/);
});

test('open routes are limited by address, and say so (VA6)', async () => {
  const miss = () => s.request('POST', '/v1/auth/logout', { body: { refreshToken: 'none' } });
  const statuses = new Map();
  let last;
  for (let i = 0; i < 900 && !statuses.has(429); i++) {
    const r = await miss();
    statuses.set(r.status, (statuses.get(r.status) ?? 0) + 1);
    if (r.status === 429) last = r;
  }
  assert.equal(last?.code, 'RATE_LIMITED');
  assert.ok(Number(last.headers.get('retry-after')) >= 1);
  assert.match(last.headers.get('ratelimit-policy'), /^"open";q=600;w=30/);
  assert.match(last.headers.get('ratelimit'), /^"open";r=\d+;t=\d+/);
  assert.equal((await s.request('GET', '/health')).status, 200);
  assert.equal((await s.request('GET', '/v1/projects', { token: me.token })).status, 200);
  assert.match(await (await scrape()).text(), /^saas_rate_limited_total [1-9]/m);
});
