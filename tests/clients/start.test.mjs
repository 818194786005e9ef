// Starting: configuration that is wrong, a role that may see too much, a database that goes away and comes back.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { freePort, mvp, secrets, signUp, startCluster, startMvp, waitFor } from './server.mjs';

test('configuration: every problem by field, exit code 2, no secret (VA10)', async () => {
  const canary = 'short-canary';
  const { code, output } = await mvp([], {
    PORT: '99999', APP_ENV: 'prod', LOG_LEVEL: 'loud', JWT_ACCESS_SECRET: canary, STRIPE_SECRET_KEY: 'pk_canary',
  }).ended;
  assert.equal(code, 2, output);
  for (const name of ['PORT', 'APP_ENV', 'LOG_LEVEL', 'JWT_ACCESS_SECRET', 'JWT_REFRESH_SECRET', 'DATABASE_URL', 'STRIPE_SECRET_KEY'])
    assert.match(output, new RegExp(`^${name}: `, 'm'), name);
  assert.ok(!output.includes('canary'), output);
});

test('two equal secrets are refused', async () => {
  const { code, output } = await mvp([], { ...secrets, JWT_REFRESH_SECRET: secrets.JWT_ACCESS_SECRET, DATABASE_URL: 'host=/nowhere' }).ended;
  assert.equal(code, 2, output);
  assert.match(output, /JWT_REFRESH_SECRET/);
});

const psql = (dsn, sql) => execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', dsn, '-c', sql], { encoding: 'utf8' });

test('no isolation, no service: exit code 1 with table or role (TN1)', async () => {
  const cluster = await startCluster({ own: true });
  try {
    const settings = { ...secrets, PORT: String(await freePort()), DATABASE_URL: cluster.dsn.app, MIGRATE_DATABASE_URL: cluster.dsn.owner };
    assert.equal((await mvp(['migrate'], settings).ended).code, 0);
    assert.equal((await mvp(['check'], settings).ended).code, 0);
    const refused = async (env, about) => {
      const { code, output } = await mvp([], { ...settings, ...env }).ended;
      assert.equal(code, 1, output);
      assert.match(output, about);
    };
    await refused({ DATABASE_URL: cluster.dsn.super }, /postgres/);
    await refused({ DATABASE_URL: cluster.dsn.owner }, /saas_owner/);
    psql(cluster.dsn.owner, 'alter table projects no force row level security');
    await refused({}, /projects/);
    psql(cluster.dsn.owner, 'alter table projects force row level security; create policy leak on projects for select using (true)');
    await refused({}, /projects/);
    psql(cluster.dsn.owner, 'drop policy leak on projects');
    assert.equal((await mvp(['check'], settings).ended).code, 0);
  } finally {
    await cluster.stop();
  }
});

test('not migrated: refuses to serve', async () => {
  const cluster = await startCluster();
  try {
    const { code, output } = await mvp([], { ...secrets, PORT: String(await freePort()), DATABASE_URL: cluster.dsn.app }).ended;
    assert.equal(code, 1, output);
    assert.match(output, /migrat/);
  } finally {
    await cluster.stop();
  }
});

test('Postgres stopped: 503 in the envelope; started again: serving within 5 s', async () => {
  const s = await startMvp({ own: true });
  try {
    const me = await signUp(s);
    await s.cluster.halt();
    const gone = await s.request('GET', '/v1/projects', { token: me.token });
    assert.deepEqual([gone.status, gone.code, gone.headers.get('retry-after') > 0], [503, 'UNAVAILABLE', true], gone.text);
    assert.equal((await s.request('GET', '/health')).status, 200);
    assert.equal((await s.request('GET', '/ready')).status, 503);
    await s.cluster.resume();
    await waitFor(async () => (await s.request('GET', '/v1/projects', { token: me.token })).status === 200, 5000, 'the server to serve again');
  } finally {
    await s.stop();
  }
});

test('SIGTERM: requests in flight are answered, exit code 0', async () => {
  const s = await startMvp();
  const me = await signUp(s);
  const inFlight = Array.from({ length: 20 }, () => s.request('POST', '/v1/auth/login', { body: { email: me.user.email, password: me.password } }));
  await new Promise((r) => setTimeout(r, 30));
  const ended = s.stop();
  for (const r of await Promise.allSettled(inFlight)) if (r.status === 'fulfilled') assert.ok([200, 503].includes(r.value.status), r.value.text);
  assert.equal((await ended).code, 0);
});
