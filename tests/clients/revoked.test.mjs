// Two servers on one database, as two processes: what ends at one ends at the other, and how a secret is exchanged.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { decodeProtectedHeader, decodeJwt } from 'jose';
import { freePort, mvp, request, secrets, signUp, startMvp, waitFor } from './server.mjs';

const a = await startMvp({ env: { METRICS_TOKEN: 'metrics-token-of-the-tests-0123456789' } });
const others = [];
after(async () => {
  for (const b of others) b.child.kill('SIGKILL');
  await a.stop();
});

// Another process on a's database.
async function join(env = {}) {
  const port = await freePort();
  const child = mvp([], { ...a.settings, PORT: String(port), ...env });
  const base = `http://127.0.0.1:${port}`;
  const b = { child, base, request: (method, path, options) => request(base, method, path, options) };
  others.push(b);
  await waitFor(async () => (await fetch(`${base}/ready`).catch(() => null))?.status === 200, 10_000, 'a second server');
  return b;
}

const psql = async (sql) => (await promisify(execFile)('psql', ['-XAtqc', sql, a.cluster.dsn.super])).stdout.trim();
const status = async (server, token) => (await server.request('GET', '/v1/me', { token })).status;
const logout = (server, me) => server.request('POST', '/v1/auth/logout', { body: { refreshToken: me.refreshToken } });

// Until no loop has to ask the database any more.
async function settled(server) {
  await waitFor(async () => {
    const r = await fetch(`${server.base}/metrics`, { headers: { authorization: `Bearer ${a.settings.METRICS_TOKEN}` } });
    return /^saas_revocations_unknown 0$/m.test(await r.text());
  }, 10_000, 'revocations to be known');
}

async function refusedAfter(server, token) {
  const begin = performance.now();
  await waitFor(async () => (await status(server, token)) === 401, 10_000, 'the token to be refused');
  return performance.now() - begin;
}

test('a session revoked at one is refused at the other (RF6)', async (t) => {
  const b = await join();
  await settled(b);
  const took = [];
  for (let i = 0; i < 5; i++) {
    const me = await signUp(a);
    assert.equal(await status(b, me.token), 200);
    assert.equal((await logout(a, me)).status, 200);
    took.push(await refusedAfter(b, me.token));
  }
  t.diagnostic(`refused after ${took.map((ms) => ms.toFixed(1)).join(', ')} ms`);
});

test('with the connections to hear by cut, too', async (t) => {
  const b = await join();
  await settled(b);
  const me = await signUp(a);
  assert.equal(await status(b, me.token), 200);
  const cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
    + " and (query ~* '^listen' or query = 'select 1')";
  assert.notEqual(await psql(cut), '0');
  await logout(a, me);
  t.diagnostic(`refused after ${(await refusedAfter(b, me.token)).toFixed(1)} ms`);
  await settled(b);
  assert.equal(await status(b, me.token), 401);
});

test('a server that starts later knows what was revoked before', async () => {
  const me = await signUp(a);
  await logout(a, me);
  const b = await join();
  assert.equal(await status(b, me.token), 401);
});

test('a role and a disabled account bite (TK8)', async () => {
  const admin = await signUp(a);
  const user = await a.request('POST', '/v1/users', {
    token: admin.token, body: { email: `m-${admin.user.email}`, password: 'correct horse battery', role: 'member' },
  });
  const login = { body: { email: user.data.email, password: 'correct horse battery' } };
  const before = (await a.request('POST', '/v1/auth/login', login)).data;
  assert.equal(await status(others[0], before.accessToken), 200);
  await a.request('PATCH', `/v1/users/${user.data.id}`, { token: admin.token, body: { role: 'viewer' } });
  await refusedAfter(others[0], before.accessToken);
  const after = (await a.request('POST', '/v1/auth/refresh', { body: { refreshToken: before.refreshToken } })).data;
  assert.deepEqual([decodeJwt(after.accessToken).role, decodeJwt(after.accessToken).gen], ['viewer', 1]);
  assert.equal(await status(others[0], after.accessToken), 200);
  await psql(`update accounts set disabled_at = now() where email = '${user.data.email}'`);
  await refusedAfter(others[0], after.accessToken);
});

// TK5: first everybody can read tokens of the new secret, then they are made, then the old one is taken away.
test('a secret is exchanged without anybody noticing', async () => {
  const next = 'next-access-secret-of-the-tests-0123456789';
  const old = await signUp(a);
  const aware = await join({ JWT_ACCESS_SECRET_PREVIOUS: next });
  const made = await signUp(aware);
  const moved = await join({ JWT_ACCESS_SECRET: next, JWT_ACCESS_SECRET_PREVIOUS: secrets.JWT_ACCESS_SECRET });
  const fresh = await signUp(moved);
  const kids = [old, made, fresh].map((me) => decodeProtectedHeader(me.token).kid);
  assert.equal(kids[0], undefined);
  assert.ok(kids[1] && kids[2] && kids[1] !== kids[2]);
  for (const server of [aware, moved]) for (const me of [old, made, fresh]) assert.equal(await status(server, me.token), 200);
  const refreshed = await moved.request('POST', '/v1/auth/refresh', { body: { refreshToken: old.refreshToken } });
  assert.equal(decodeProtectedHeader(refreshed.data.accessToken).kid, kids[2]);
  const done = await join({ JWT_ACCESS_SECRET: next });
  assert.deepEqual(await Promise.all([old, made, fresh].map((me) => status(done, me.token))), [401, 401, 200]);
});
