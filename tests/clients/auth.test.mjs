// Accounts as their users meet them: mails in the log, links in the mails.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { signUp, startMvp, waitFor } from './server.mjs';

const s = await startMvp();
after(() => s.stop());

let read = 0;
// The token of the next mail of a kind, from the log of a server in development.
async function mailed(kind, to) {
  let found;
  await waitFor(() => {
    const lines = s.child.output.split('\n');
    for (; read < lines.length - 1 && !found; read++) {
      const line = lines[read].startsWith('{') ? JSON.parse(lines[read]) : {};
      if (line.msg === 'mail' && line.kind === kind && line.to === to) found = line;
    }
    return found;
  }, 5000, `a mail ${kind} to ${to}`);
  return new URL(found.link).searchParams.get('token');
}

const post = (path, body, token) => s.request('POST', path, { body, token });

test('an address is proven (PW9)', async () => {
  const me = await signUp(s);
  const token = await mailed('verify', me.user.email);
  assert.equal(token.length, 43);
  assert.deepEqual((await post('/v1/auth/email/verify', { token })).body, { success: true, data: null });
  const again = await post('/v1/auth/email/verify', { token });
  assert.deepEqual([again.status, again.code], [400, 'INVALID_TOKEN']);
});

test('a forgotten password; all sessions end (RF6)', async () => {
  const me = await signUp(s);
  assert.deepEqual((await post('/v1/auth/password/forgot', { email: me.user.email })).body, { success: true, data: null });
  const token = await mailed('reset', me.user.email);
  const password = 'another correct horse';
  assert.equal((await post('/v1/auth/password/reset', { token, password })).status, 200);
  assert.equal((await post('/v1/auth/refresh', { refreshToken: me.refreshToken })).code, 'INVALID_REFRESH_TOKEN');
  assert.equal((await post('/v1/auth/login', { email: me.user.email, password: me.password })).status, 401);
  assert.equal((await post('/v1/auth/login', { email: me.user.email, password })).status, 200);
});

test('an invitation leads into the organization; then the session switches', async () => {
  const admin = await signUp(s);
  const guest = await signUp(s);
  await post('/v1/auth/email/verify', { token: await mailed('verify', guest.user.email) });
  const made = await post('/v1/invitations', { email: guest.user.email, role: 'viewer' }, admin.token);
  assert.equal(made.status, 201, made.text);
  const token = await mailed('invitation', guest.user.email);
  assert.equal((await post('/v1/auth/invitations/accept', { token })).code, 'UNAUTHENTICATED');
  const joined = await post('/v1/auth/invitations/accept', { token }, guest.token);
  assert.equal(joined.status, 200, joined.text);
  assert.deepEqual([joined.data.organization.id, joined.data.user.role], [admin.organization.id, 'viewer']);
  const orgs = await s.request('GET', '/v1/auth/organizations', { token: joined.data.accessToken });
  assert.equal(orgs.data.length, 2);
  const home = await post('/v1/auth/switch', { orgId: guest.organization.id }, joined.data.accessToken);
  assert.deepEqual([home.status, home.data.user.id], [200, guest.user.id]);
  const sessions = await s.request('GET', '/v1/auth/sessions', { token: home.data.accessToken });
  assert.equal(sessions.data.filter((one) => one.current).length, 1);
  assert.equal((await post('/v1/auth/logout-all', undefined, home.data.accessToken)).status, 200);
  assert.equal((await post('/v1/auth/refresh', { refreshToken: home.data.refreshToken })).status, 401);
});

test('another address, an export, and goodbye', async () => {
  const me = await signUp(s);
  const email = `new-${me.user.email}`;
  const asked = await s.request('PATCH', '/v1/me', { token: me.token, body: { email, currentPassword: me.password } });
  assert.deepEqual([asked.status, asked.data.user.email], [200, me.user.email]);
  assert.equal((await post('/v1/auth/email/verify', { token: await mailed('email_change', email) })).status, 200);
  const stored = await s.request('GET', '/v1/me/export', { token: me.token });
  assert.equal(stored.data.account.email, email);
  const gone = await s.request('DELETE', '/v1/me', { token: me.token, body: { currentPassword: me.password } });
  assert.equal(gone.status, 200, gone.text);
  assert.equal((await post('/v1/auth/login', { email, password: me.password })).status, 401);
});
