// The example of one screen: create, read, list by page, change, delete, for two organizations.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { signUp, startServer } from './server.mjs';

let s, a, b;
before(async () => {
  s = await startServer({ program: process.env.SAAS_HELLO });
  [a, b] = [await signUp(s), await signUp(s)];
});
after(() => s.stop());

test('the life of a note', async () => {
  const call = (method, path, body, who = a) => s.request(method, `/v1/notes${path}`, { token: who.token, body });
  const made = await call('POST', '', { title: 'first', body: null });
  assert.deepEqual([made.status, made.data.title, made.data.body], [201, 'first', null], made.text);
  for (let i = 0; i < 4; i++) assert.equal((await call('POST', '', { title: `n${i}`, body: 'x' })).status, 201);
  assert.deepEqual((await call('GET', `/${made.data.id}`)).data, made.data);
  const page = await call('GET', '?page=2&perPage=2');
  assert.deepEqual([page.data.length, page.body.meta], [2, { page: 2, perPage: 2, total: 5 }]);
  const start = await call('GET', '?cursor=&perPage=3'), rest = await call('GET', `?perPage=3&cursor=${start.body.meta.nextCursor}`);
  assert.deepEqual([start.data.length, rest.data.length, rest.body.meta], [3, 2, { perPage: 3, nextCursor: null }]);
  assert.equal((await call('GET', `?cursor=${start.body.meta.nextCursor}`, undefined, b)).status, 400);
  const changed = await call('PATCH', `/${made.data.id}`, { body: 'now' });
  assert.deepEqual([changed.data?.title, changed.data?.body], ['first', 'now'], changed.text);
  assert.equal((await call('GET', `/${made.data.id}`, undefined, b)).status, 404);
  assert.deepEqual((await call('GET', '', undefined, b)).body.meta.total, 0);
  assert.equal((await call('DELETE', `/${made.data.id}`, undefined, b)).status, 404);
  assert.equal((await call('DELETE', `/${made.data.id}`)).status, 200);
  assert.equal((await call('GET', `/${made.data.id}`)).status, 404);
});
