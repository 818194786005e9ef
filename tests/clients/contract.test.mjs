// The contract of the example: shapes, codes, roles and times of its routes.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { jwtVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { secrets, signUp, startMvp } from './server.mjs';

let s, admin;
before(async () => {
  s = await startMvp();
  admin = await signUp(s, { orgName: 'Acme' });
});
after(() => s.stop());

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const user = z.strictObject({ id: uuid, orgId: uuid, email: z.email(), role: z.enum(['admin', 'member', 'viewer']), createdAt: time, updatedAt: time });
const organization = z.strictObject({ id: uuid, name: z.string(), slug: z.string(), plan: z.literal('free'), createdAt: time });
const tokens = z.strictObject({
  user, organization, accessToken: z.string(), refreshToken: z.string(), tokenType: z.literal('Bearer'), expiresIn: z.literal(900),
});
const project = z.strictObject({ id: uuid, orgId: uuid, name: z.string(), description: z.string().nullable(), createdAt: time, updatedAt: time });
const missing = '00000000-0000-7000-8000-000000000000';

const createUser = async (role, extra = {}) => {
  const email = `${role}-${Math.random().toString(36).slice(2)}@example.com`;
  const r = await s.request('POST', '/v1/users', { token: admin.token, body: { email, password: 'a long enough secret', role, ...extra } });
  assert.equal(r.status, 201, r.text);
  return { ...user.parse(r.data), email };
};
const login = async (email, password) => s.request('POST', '/v1/auth/login', { body: { email, password } });

test('health and ready', async () => {
  const health = await s.request('GET', '/health');
  assert.deepEqual([health.status, health.body], [200, { success: true, data: { status: 'ok' } }]);
  assert.equal((await s.request('GET', '/ready')).status, 200);
});

test('sign-up makes an organization and its admin', async () => {
  const r = await s.request('POST', '/v1/auth/signup', {
    body: { orgName: 'Wide World', orgSlug: 'wide-world', email: 'Ada@Example.com', password: 'correct horse battery' },
  });
  assert.equal(r.status, 201, r.text);
  const data = tokens.parse(r.data);
  assert.deepEqual([data.user.role, data.organization.slug, data.user.orgId], ['admin', 'wide-world', data.organization.id]);
  const again = await s.request('POST', '/v1/auth/signup', {
    body: { orgName: 'Other', email: 'ADA@example.COM', password: 'correct horse battery' },
  });
  assert.deepEqual([again.status, again.code], [409, 'EMAIL_TAKEN']);
  const slug = await s.request('POST', '/v1/auth/signup', {
    body: { orgName: 'Other', orgSlug: 'wide-world', email: 'new@example.com', password: 'correct horse battery' },
  });
  assert.deepEqual([slug.status, slug.code], [409, 'SLUG_TAKEN']);
});

test('a slug is 3 to 40 of a-z, 0-9 and -', async () => {
  const make = (orgSlug) => s.request('POST', '/v1/auth/signup', {
    body: { orgName: 'Slugs', orgSlug, email: `slug${orgSlug}@example.com`.toLowerCase(), password: 'correct horse battery' },
  });
  for (const slug of ['-a-', '0-9', 'x'.repeat(40)]) assert.deepEqual([(await make(slug)).data?.organization.slug], [slug]);
  for (const slug of ['ab', 'x'.repeat(41), 'Acme', 'a_b', 'a b', 'ä-ö']) {
    const r = await make(slug);
    assert.deepEqual([r.status, Object.keys(r.body.error.details ?? {}).includes('orgSlug')], [400, true], slug);
  }
});

test('sign-up tells every problem by field', async () => {
  const r = await s.request('POST', '/v1/auth/signup', { body: { orgName: '', email: 'no', password: 'short', extra: 1 } });
  assert.deepEqual([r.status, r.code], [400, 'VALIDATION_ERROR']);
  assert.deepEqual(Object.keys(r.body.error.details).sort(), ['email', 'extra', 'orgName', 'password']);
});

test('access tokens are what jose and the contract say (TK2, TK7)', async () => {
  const { payload } = await jwtVerify(admin.token, new TextEncoder().encode(secrets.JWT_ACCESS_SECRET), { algorithms: ['HS256'], typ: 'at+jwt' });
  assert.equal(decodeProtectedHeader(admin.token).alg, 'HS256');
  assert.equal(payload.exp - payload.iat, 900);
  assert.deepEqual([payload.sub, payload.org, payload.role, payload.email], [admin.user.id, admin.organization.id, 'admin', admin.user.email]);
  for (const claim of ['iss', 'aud', 'sid']) assert.equal(typeof payload[claim], 'string', claim);
});

test('login: same answer for a wrong password and an unknown e-mail (PW8)', async () => {
  const good = await login(admin.user.email.toUpperCase(), admin.password);
  assert.equal(good.status, 200, good.text);
  tokens.parse(good.data);
  const wrong = await login(admin.user.email, 'not the password at all');
  const unknown = await login('nobody@example.com', 'not the password at all');
  assert.deepEqual([wrong.status, wrong.code], [401, 'INVALID_CREDENTIALS']);
  assert.deepEqual([unknown.status, unknown.text], [wrong.status, wrong.text]);
});

test('refresh rotates, forgives a retry, and a second use later ends the session (RF2, RF3, RF4)', async () => {
  const refresh = (refreshToken) => s.request('POST', '/v1/auth/refresh', { body: { refreshToken } });
  const first = (await login(admin.user.email, admin.password)).data.refreshToken;
  const one = await refresh(first);
  assert.equal(one.status, 200, one.text);
  assert.notEqual(one.data.refreshToken, first);
  const retry = await refresh(first);
  assert.deepEqual([retry.status, retry.data?.refreshToken], [200, one.data.refreshToken]);
  const two = await refresh(one.data.refreshToken);
  const reused = await refresh(first);
  assert.deepEqual([reused.status, reused.code], [401, 'REFRESH_TOKEN_REUSED']);
  const dead = await refresh(two.data.refreshToken);
  assert.deepEqual([dead.status, dead.code], [401, 'INVALID_REFRESH_TOKEN']);
});

test('50 parallel uses of one refresh token give one successor (RF2)', async () => {
  const first = (await login(admin.user.email, admin.password)).data.refreshToken;
  const all = await Promise.all(Array.from({ length: 50 }, () => s.request('POST', '/v1/auth/refresh', { body: { refreshToken: first } })));
  assert.deepEqual([...new Set(all.map((r) => r.status))], [200]);
  assert.equal(new Set(all.map((r) => r.data.refreshToken)).size, 1);
});

test('refresh tokens never issued here are invalid and end nothing', async () => {
  const mine = (await login(admin.user.email, admin.password)).data.refreshToken;
  const forged = mine.slice(0, -1) + (mine.endsWith('A') ? 'B' : 'A');
  for (const refreshToken of [forged, 'x', '', admin.token, mine + 'A']) {
    const r = await s.request('POST', '/v1/auth/refresh', { body: { refreshToken } });
    assert.ok([400, 401].includes(r.status) && ['INVALID_REFRESH_TOKEN', 'VALIDATION_ERROR'].includes(r.code), r.text);
  }
  assert.equal((await s.request('POST', '/v1/auth/refresh', { body: { refreshToken: mine } })).status, 200);
});

test('logout ends the session, twice is fine', async () => {
  const { refreshToken } = (await login(admin.user.email, admin.password)).data;
  for (let i = 0; i < 2; i++) {
    const r = await s.request('POST', '/v1/auth/logout', { body: { refreshToken } });
    assert.deepEqual([r.status, r.data], [200, null]);
  }
  const r = await s.request('POST', '/v1/auth/refresh', { body: { refreshToken } });
  assert.deepEqual([r.status, r.code], [401, 'INVALID_REFRESH_TOKEN']);
});

test('me', async () => {
  const r = await s.request('GET', '/v1/me', { token: admin.token });
  assert.equal(r.status, 200, r.text);
  const me = z.strictObject({ user, organization }).parse(r.data);
  assert.deepEqual([me.user.id, me.organization.id], [admin.user.id, admin.organization.id]);
});

test('a changed password ends the other sessions only (PW6)', async () => {
  const someone = await createUser('member');
  const a = (await login(someone.email, 'a long enough secret')).data, b = (await login(someone.email, 'a long enough secret')).data;
  const change = (currentPassword) => s.request('POST', '/v1/me/password', { token: a.accessToken, body: { currentPassword, newPassword: 'another long secret' } });
  const wrong = await change('something else entirely');
  assert.deepEqual([wrong.status, wrong.code], [400, 'INVALID_CREDENTIALS']);
  const right = await change('a long enough secret');
  assert.deepEqual([right.status, right.data], [200, null], right.text);
  assert.equal((await s.request('POST', '/v1/auth/refresh', { body: { refreshToken: b.refreshToken } })).status, 401);
  assert.equal((await s.request('POST', '/v1/auth/refresh', { body: { refreshToken: a.refreshToken } })).status, 200);
  assert.equal((await login(someone.email, 'another long secret')).status, 200);
});

test('users: create, read, list, change, remove', async () => {
  const made = await createUser('member');
  assert.deepEqual([made.role, made.orgId], ['member', admin.organization.id]);
  const again = await s.request('POST', '/v1/users', { token: admin.token, body: { email: made.email.toUpperCase(), password: 'a long enough secret' } });
  assert.deepEqual([again.status, again.code], [400, 'USER_CREATE_FAILED']);
  const read = await s.request('GET', `/v1/users/${made.id}`, { token: admin.token });
  assert.deepEqual([read.status, user.parse(read.data).email], [200, made.email]);
  for (const id of [missing, 'no-uuid', `${made.id}x`, '%00']) {
    const r = await s.request('GET', `/v1/users/${id}`, { token: admin.token });
    assert.deepEqual([r.status, r.code], [404, 'USER_NOT_FOUND'], id);
  }
  const list = await s.request('GET', '/v1/users?page=1&perPage=2', { token: admin.token });
  assert.equal(list.data.length, 2);
  assert.deepEqual([list.body.meta.page, list.body.meta.perPage, list.body.meta.total >= 2], [1, 2, true]);
  const changed = await s.request('PATCH', `/v1/users/${made.id}`, { token: admin.token, body: { role: 'viewer' } });
  assert.deepEqual([changed.status, changed.data?.role], [200, 'viewer'], changed.text);
  const removed = await s.request('DELETE', `/v1/users/${made.id}`, { token: admin.token });
  assert.deepEqual([removed.status, removed.data], [200, null], removed.text);
  assert.equal((await s.request('GET', `/v1/users/${made.id}`, { token: admin.token })).status, 404);
});

test('the last admin stays', async () => {
  const alone = await signUp(s);
  for (const [method, body] of [['PATCH', { role: 'member' }], ['DELETE', undefined]]) {
    const r = await s.request(method, `/v1/users/${alone.user.id}`, { token: alone.token, body });
    assert.deepEqual([r.status, r.code], [409, 'LAST_ADMIN'], method);
  }
});

test('roles: a viewer reads, a member writes, an admin manages', async () => {
  const token = {};
  for (const role of ['viewer', 'member']) token[role] = (await login((await createUser(role)).email, 'a long enough secret')).data.accessToken;
  const post = (who) => s.request('POST', '/v1/projects', { token: who, body: { name: 'P' } });
  const refused = await post(token.viewer);
  assert.deepEqual([refused.status, refused.code], [403, 'FORBIDDEN']);
  assert.equal((await post(token.member)).status, 201);
  for (const role of ['viewer', 'member']) {
    assert.equal((await s.request('GET', '/v1/projects', { token: token[role] })).status, 200);
    assert.equal((await s.request('PATCH', '/v1/organization', { token: token[role], body: { name: 'X' } })).status, 403, role);
    assert.equal((await s.request('POST', '/v1/users', { token: token[role], body: { email: 'q@example.com', password: 'a long enough secret' } })).status, 403, role);
  }
});

test('organization: read and change, never the plan', async () => {
  const mine = await signUp(s);
  assert.deepEqual(organization.parse((await s.request('GET', '/v1/organization', { token: mine.token })).data), mine.organization);
  const named = await s.request('PATCH', '/v1/organization', { token: mine.token, body: { name: 'Renamed' } });
  assert.deepEqual([named.status, named.data?.name, named.data?.slug], [200, 'Renamed', mine.organization.slug], named.text);
  const taken = await s.request('PATCH', '/v1/organization', { token: mine.token, body: { slug: admin.organization.slug } });
  assert.deepEqual([taken.status, taken.code], [409, 'SLUG_TAKEN'], taken.text);
  const plan = await s.request('PATCH', '/v1/organization', { token: mine.token, body: { plan: 'enterprise' } });
  assert.deepEqual([plan.status, plan.code, Object.keys(plan.body.error.details)], [400, 'VALIDATION_ERROR', ['plan']]);
});

test('projects: create, search, sort, page, change, delete', async () => {
  const mine = await signUp(s);
  const call = (method, path, body) => s.request(method, `/v1/projects${path}`, { token: mine.token, body });
  const made = [];
  for (const name of ['beta', 'Alpha', 'gamma']) {
    const r = await call('POST', '', { name, description: name === 'gamma' ? 'about ALPHA too' : null });
    assert.equal(r.status, 201, r.text);
    made.push(project.parse(r.data));
  }
  const names = async (query) => (await call('GET', query)).data.map((p) => p.name);
  assert.deepEqual(await names(''), ['gamma', 'Alpha', 'beta']);
  assert.deepEqual(await names('?sort=createdAt'), ['beta', 'Alpha', 'gamma']);
  assert.deepEqual((await names('?q=alpha')).sort(), ['Alpha', 'gamma']);
  assert.deepEqual(await names('?perPage=2&page=2'), ['beta']);
  const page = await call('GET', '?perPage=2&page=2');
  assert.deepEqual(page.body.meta, { page: 2, perPage: 2, total: 3 });
  const past = await call('GET', '?perPage=2&page=9');
  assert.deepEqual([past.data, past.body.meta], [[], { page: 9, perPage: 2, total: 3 }]);
  for (const query of ['?perPage=101', '?perPage=0', '?page=', '?page=0x1', '?sort=plan', '?nope=1', '?page=1&page=2']) {
    const r = await call('GET', query);
    assert.deepEqual([r.status, r.code], [400, 'VALIDATION_ERROR'], query);
  }
  const changed = await call('PATCH', `/${made[2].id}`, { description: null });
  assert.deepEqual([changed.data?.name, changed.data?.description], ['gamma', null], changed.text);
  const same = await call('PATCH', `/${made[2].id}`, {});
  assert.deepEqual([same.status, same.data?.name], [200, 'gamma'], same.text);
  const bad = await call('PATCH', `/${made[2].id}`, { name: null });
  assert.deepEqual([bad.status, Object.keys(bad.body.error.details)], [400, ['name']]);
  assert.equal((await call('DELETE', `/${made[0].id}`)).status, 200);
  for (const method of ['GET', 'DELETE']) {
    const r = await call(method, `/${made[0].id}`);
    assert.deepEqual([r.status, r.code], [404, 'PROJECT_NOT_FOUND']);
  }
});

// Follows nextCursor to its end; each page's meta is checked.
const walk = async (path, token, perPage) => {
  const all = [], joint = path.includes('?') ? '&' : '?';
  for (let cursor = '', pages = 0; cursor !== null; pages++) {
    assert.ok(pages < 100, 'an end');
    const r = await s.request('GET', `${path}${joint}perPage=${perPage}&cursor=${cursor}`, { token });
    assert.equal(r.status, 200, r.text);
    assert.deepEqual(Object.keys(r.body.meta), ['perPage', 'nextCursor']);
    assert.equal(r.body.meta.perPage, perPage);
    cursor = r.body.meta.nextCursor;
    assert.ok(cursor === null || /^[A-Za-z0-9_-]{40,2048}$/.test(cursor), cursor);
    assert.equal(r.data.length === perPage || cursor === null, true);
    all.push(...r.data);
  }
  return all;
};

test('lists by cursor: every row once, in the order of the pages', async () => {
  const mine = await signUp(s);
  for (let i = 0; i < 25; i++) {
    const r = await s.request('POST', '/v1/projects', { token: mine.token, body: { name: `P${i % 4}`, description: `${i}` } });
    assert.equal(r.status, 201, r.text);
  }
  for (const sort of ['', '?sort=-createdAt', '?sort=createdAt', '?sort=name', '?sort=-name', '?q=p1', '?q=2&sort=name']) {
    const pages = await s.request('GET', `/v1/projects${sort}${sort ? '&' : '?'}perPage=100`, { token: mine.token });
    for (const perPage of [1, 7, 25, 100]) {
      const rows = await walk(`/v1/projects${sort}`, mine.token, perPage);
      assert.deepEqual(rows.map((p) => project.parse(p).description), pages.data.map((p) => p.description), `${sort} ${perPage}`);
    }
  }
  const people = await s.request('GET', '/v1/users?perPage=100', { token: admin.token });
  assert.deepEqual(await walk('/v1/users', admin.token, 2), people.data);
});

test('a cursor is good for its own list only', async () => {
  const [a, b] = [await signUp(s), await signUp(s)];
  for (const who of [a, b])
    for (const name of ['one', 'two', 'three']) await s.request('POST', '/v1/projects', { token: who.token, body: { name } });
  const get = (path, token = a.token) => s.request('GET', path, { token });
  const cursor = (await get('/v1/projects?perPage=1&cursor=')).body.meta.nextCursor;
  assert.equal((await get(`/v1/projects?perPage=2&sort=-createdAt&cursor=${cursor}`)).data.length, 2);
  const middle = cursor[60] === 'A' ? 'B' : 'A';
  const refused = [
    [`/v1/projects?cursor=${cursor}`, b.token],
    [`/v1/users?cursor=${cursor}`],
    [`/v1/projects?sort=createdAt&cursor=${cursor}`],
    [`/v1/projects?q=o&cursor=${cursor}`],
    [`/v1/projects?page=1&cursor=${cursor}`],
    ['/v1/projects?page=1&cursor='],
    [`/v1/projects?cursor=${cursor}=`],
    [`/v1/projects?cursor=${cursor.slice(0, -1)}`],
    [`/v1/projects?cursor=${cursor.slice(0, 60)}${middle}${cursor.slice(61)}`],
    [`/v1/projects?cursor=${'A'.repeat(2049)}`],
  ];
  for (const [path, token] of refused) {
    const r = await get(path, token);
    assert.deepEqual([r.status, r.code, Object.keys(r.body.error.details ?? {})], [400, 'VALIDATION_ERROR', ['cursor']], path);
  }
});
