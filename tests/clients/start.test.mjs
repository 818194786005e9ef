// Starting: configuration that is wrong, a role that may see too much, a database that goes away and comes back.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

// The article's set.
const full = {
  APP_ENV: 'staging', PORT: '3001', DATABASE_URL: 'postgresql://saas_app:p%40ss@db.internal:5432/saas?sslmode=require',
  REDIS_URL: 'rediss://:hush@cache.internal:6380/0', ...secrets, AWS_REGION: 'eu-central-1', AWS_S3_BUCKET: 'acme-uploads',
  STRIPE_SECRET_KEY: 'sk_test_0123456789',
};
const line = (output, name) => output.split('\n').find((l) => l.startsWith(`${name} `))?.split(/ +/).slice(1).join(' ');

test('the whole set: shown with its sources, no secret among it', async () => {
  const { code, output } = await mvp(['config'], full).ended;
  assert.equal(code, 0, output);
  for (const [name, value] of Object.entries(full)) {
    const secret = /URL|SECRET/.test(name);
    assert.equal(line(output, name), `env ${secret ? '(secret)' : value}`, name);
    if (secret) assert.ok(!output.includes(value), name);
  }
  assert.equal(line(output, 'WORKERS'), 'default 1');
  assert.equal(line(output, 'JWT_ISSUER'), '-');
  assert.ok(!/hush|p%40ss/.test(output));
});

test('each of the set is checked', async () => {
  const wrong = {
    APP_ENV: ['prod', ''.padEnd(3), 'Production'], PORT: ['0', '65536', '3001 ', '0x1', '3e3'], DATABASE_URL: ['postgres:/nowhere', 'saas', 'postgresql://u:p@ss@h/d'],
    REDIS_URL: ['localhost:6379', 'http://cache', 'redis://a b'], JWT_ACCESS_SECRET: ['x'.repeat(31), 'x'.repeat(64), `changeme${secrets.JWT_ACCESS_SECRET}`],
    JWT_REFRESH_SECRET: ['', secrets.JWT_ACCESS_SECRET], AWS_S3_BUCKET: ['ab'], STRIPE_SECRET_KEY: ['pk_test_0123456789', 'sk_'],
  };
  for (const [name, values] of Object.entries(wrong))
    for (const value of values) {
      const { code, output } = await mvp(['config'], { ...full, [name]: value }).ended;
      assert.equal(code, 2, `${name}=${value}: ${output}`);
      assert.match(output, new RegExp(`^${name}: `, 'm'));
      const problems = output.slice(output.indexOf('not complete:')).split('\n').filter((l) => /^[A-Z0-9_]+: /.test(l));
      assert.ok(problems.length >= 1 && problems.every((l) => l.startsWith(`${name}: `)), output);
    }
  for (const unused of ['REDIS_URL', 'AWS_REGION', 'AWS_S3_BUCKET', 'STRIPE_SECRET_KEY', 'APP_ENV', 'PORT'])
    assert.equal((await mvp(['config'], { ...full, [unused]: '' }).ended).code, 0, unused);
  assert.equal((await mvp(['config'], { ...full, DATABASE_URL: 'host=/tmp dbname=saas user=saas_app' }).ended).code, 0);
});

test('.env in the working directory counts in development only; the example is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'saas-env-'));
  try {
    const example = await mvp(['config', '--example'], {}).ended;
    assert.equal(example.code, 0, example.output);
    writeFileSync(join(folder, '.env'), example.output.replace(/^(JWT_\w+|DATABASE_URL)=$/gm, (_, name) => `${name}='${full[name]}'`) + 'PROT=1\n');
    const dev = await mvp(['config'], { APP_ENV: 'development', PORT: '4000' }, folder).ended;
    assert.equal(dev.code, 0, dev.output);
    assert.equal(line(dev.output, 'JWT_ACCESS_SECRET'), '.env (secret)');
    assert.equal(line(dev.output, 'PORT'), 'env 4000');
    assert.match(dev.output, /^\.env line \d+: PROT is no known variable: is PORT meant\?$/m);
    for (const env of [{}, { APP_ENV: 'production' }]) {
      const { code, output } = await mvp(['config'], env, folder).ended;
      assert.deepEqual([code, /^\.env: not read/m.test(output), line(output, 'JWT_ACCESS_SECRET')], [2, true, '- (missing)'], output);
    }
    const asked = await mvp(['config'], { ENV_FILE: join(folder, '.env') }).ended;
    assert.deepEqual([asked.code, line(asked.output, 'DATABASE_URL'), line(asked.output, 'APP_ENV')], [0, '.env (secret)', 'default production'], asked.output);
    writeFileSync(join(folder, 'key'), `${secrets.JWT_ACCESS_SECRET}\n`);
    const { JWT_ACCESS_SECRET, ...rest } = full;
    const filed = await mvp(['config'], { ...rest, JWT_ACCESS_SECRET_FILE: join(folder, 'key') }).ended;
    assert.deepEqual([filed.code, line(filed.output, 'JWT_ACCESS_SECRET')], [0, 'file (secret)'], filed.output);
    const both = await mvp(['config'], { ...full, JWT_ACCESS_SECRET_FILE: join(folder, 'key') }).ended;
    assert.deepEqual([both.code, /^JWT_ACCESS_SECRET: set, and so/m.test(both.output)], [2, true], both.output);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
