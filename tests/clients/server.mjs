// The examples as their users run them: a process, a Postgres, real sockets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createServer } from 'node:net';

export const secrets = {
  JWT_ACCESS_SECRET: 'access-secret-of-the-tests-0123456789abcdef',
  JWT_REFRESH_SECRET: 'refresh-secret-of-the-tests-0123456789abcde',
};

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

// { own: true } keeps its cluster to itself, to halt and resume it.
export async function startCluster({ own = false } = {}) {
  const env = { ...process.env };
  if (own) delete env.SAAS_TEST_PG;
  const child = spawn(process.env.SAAS_CLUSTER, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const dsn = JSON.parse((await lines.next()).value);
  const tell = async (word) => {
    child.stdin.write(`${word}\n`);
    if ((await lines.next()).value !== 'ok') throw new Error(`the cluster did not ${word}`);
  };
  const stop = async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
  return { dsn, halt: () => tell('halt'), resume: () => tell('resume'), stop };
}

export function run(program, args, env, cwd) {
  const child = spawn(program, args, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (child.output += bytes));
  child.ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, output: child.output }));
  return child;
}

export const mvp = (args, env, cwd) => run(process.env.SAAS_MVP, args, env, cwd);
export const startMvp = (options) => startServer({ program: process.env.SAAS_MVP, ...options });

// A server, migrated and ready. request() gives { status, headers, body } with the body parsed and its envelope checked.
export async function startServer({ program, env = {}, own = false }) {
  const cluster = await startCluster({ own });
  const port = await freePort();
  const settings = {
    APP_ENV: 'development', PORT: String(port), DATABASE_URL: cluster.dsn.app, MIGRATE_DATABASE_URL: cluster.dsn.owner,
    RATE_LIMITS: 'off', ...secrets, ...env,
  };
  const migrated = await run(program, ['migrate'], settings).ended;
  if (migrated.code !== 0) throw new Error(`migrate: ${migrated.output}`);
  const child = run(program, [], settings);
  const base = `http://127.0.0.1:${port}`;
  await waitFor(async () => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${child.output}`);
    return (await fetch(`${base}/ready`).catch(() => null))?.status === 200;
  }, 10_000, 'the server to be ready');
  const stop = async () => {
    child.kill('SIGTERM');
    const ended = await child.ended;
    await cluster.stop();
    return ended;
  };
  return { base, port, child, cluster, settings, stop, request: (method, path, options) => request(base, method, path, options) };
}

export async function waitFor(condition, ms, what) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

export function checkEnvelope(body) {
  const keys = Object.keys(body).sort().join();
  const right = body.success === true ? ['data,success', 'data,meta,success'].includes(keys)
    : body.success === false && keys === 'error,success' && /^[A-Z][A-Z0-9_]*$/.test(body.error.code) && typeof body.error.message === 'string'
      && Object.keys(body.error).every((k) => ['code', 'message', 'details'].includes(k));
  if (!right) throw new Error(`not the envelope: ${JSON.stringify(body)}`);
}

export async function request(base, method, path, { body, token, headers = {}, raw, signal } = {}) {
  const all = { ...headers };
  if (token) all.authorization = `Bearer ${token}`;
  if (body !== undefined) all['content-type'] ??= 'application/json';
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const r = await fetch(base + path, { method, headers: all, body: sent, signal });
  const text = await r.text();
  const parsed = text ? JSON.parse(text) : null;
  if (parsed) checkEnvelope(parsed);
  return { status: r.status, headers: r.headers, text, body: parsed, data: parsed?.data, code: parsed?.error?.code };
}

let people = 0;
export async function signUp(server, { orgName = 'Org', email, password = 'correct horse battery', ...rest } = {}) {
  const n = ++people;
  const r = await server.request('POST', '/v1/auth/signup', {
    body: { orgName: `${orgName} ${n}`, email: email ?? `person${n}-${Date.now()}@example.com`, password, ...rest },
  });
  if (r.status !== 201) throw new Error(`sign-up: ${r.status} ${r.text}`);
  return { ...r.data, password, token: r.data.accessToken };
}
