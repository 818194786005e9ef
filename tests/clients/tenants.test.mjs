// Two organizations over HTTP: what belongs to the other one answers exactly like what does not exist.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { signUp, startMvp } from './server.mjs';

let s, a, b;
const unknown = '00000000-0000-7000-8000-000000000000';

async function furnish(who) {
  const make = async (path, body) => {
    const r = await s.request('POST', path, { token: who.token, body });
    assert.equal(r.status, 201, r.text);
    return r.data;
  };
  who.member = await make('/v1/users', { email: `m-${who.user.id}@example.com`, password: 'a long enough secret' });
  who.project = await make('/v1/projects', { name: `of ${who.organization.id}`, description: 'mine' });
}

before(async () => {
  s = await startMvp();
  [a, b] = [await signUp(s), await signUp(s)];
  await furnish(a);
  await furnish(b);
});
after(() => s.stop());

const routes = [
  ['GET', (id) => `/v1/users/${id}`, 'member'],
  ['PATCH', (id) => `/v1/users/${id}`, 'member', { role: 'viewer' }],
  ['DELETE', (id) => `/v1/users/${id}`, 'member'],
  ['GET', (id) => `/v1/projects/${id}`, 'project'],
  ['PATCH', (id) => `/v1/projects/${id}`, 'project', { name: 'taken over' }],
  ['DELETE', (id) => `/v1/projects/${id}`, 'project'],
];

test("another tenant's ids answer exactly like unknown ids (TN3)", async () => {
  for (const [method, path, what, body] of routes) {
    const foreign = await s.request(method, path(b[what].id), { token: a.token, body });
    const none = await s.request(method, path(unknown), { token: a.token, body });
    assert.equal(foreign.status, 404, `${method} ${what}`);
    assert.deepEqual([foreign.status, foreign.text], [none.status, none.text], `${method} ${what}`);
  }
  const mine = await s.request('GET', `/v1/projects/${b.project.id}`, { token: b.token });
  assert.equal(mine.data.name, b.project.name);
  assert.equal((await s.request('GET', `/v1/users/${b.member.id}`, { token: b.token })).data.role, 'member');
});

test('naming another organization in body, query or header changes nothing (TN4)', async () => {
  for (const extra of [{ orgId: b.organization.id }, { org_id: b.organization.id }]) {
    const r = await s.request('POST', '/v1/projects', { token: a.token, body: { name: 'sneaky', ...extra } });
    assert.deepEqual([r.status, r.code], [400, 'VALIDATION_ERROR']);
  }
  const q = await s.request('GET', `/v1/projects?orgId=${b.organization.id}`, { token: a.token });
  assert.equal(q.status, 400);
  const h = await s.request('GET', '/v1/projects', { token: a.token, headers: { 'x-org-id': b.organization.id } });
  assert.ok(h.data.every((p) => p.orgId === a.organization.id));
  const r = await s.request('POST', '/v1/projects', { token: a.token, headers: { 'x-org-id': b.organization.id }, body: { name: 'mine' } });
  assert.equal(r.data.orgId, a.organization.id);
});

test('lists and totals show one organization', async () => {
  for (const who of [a, b]) {
    for (const path of ['/v1/projects', '/v1/users']) {
      const r = await s.request('GET', `${path}?perPage=100`, { token: who.token });
      assert.ok(r.data.length > 0 && r.data.every((x) => x.orgId === who.organization.id));
      assert.equal(r.body.meta.total, r.data.length);
    }
  }
});

test('an e-mail known elsewhere gets a membership that waits; the answer has the same shape', async () => {
  const r = await s.request('POST', '/v1/users', { token: a.token, body: { email: b.user.email, password: 'a chosen password!' } });
  const fresh = await s.request('POST', '/v1/users', { token: a.token, body: { email: 'fresh@example.com', password: 'a chosen password!' } });
  assert.deepEqual([r.status, Object.keys(r.data)], [fresh.status, Object.keys(fresh.data)]);
  assert.equal((await s.request('POST', '/v1/auth/login', { body: { email: b.user.email, password: 'a chosen password!' } })).status, 401);
  const still = await s.request('POST', '/v1/auth/login', { body: { email: b.user.email, password: b.password } });
  assert.equal(still.data.organization.id, b.organization.id);
});
