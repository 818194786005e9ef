// Whatever comes in, the answer is the envelope with the right status and code, and nothing internal in it.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { signUp, startMvp } from './server.mjs';

let s, me;
before(async () => {
  s = await startMvp();
  me = await signUp(s);
});
after(() => s.stop());

const deep = '['.repeat(33) + ']'.repeat(33);
const cases = [
  ['no JSON', 'POST', '/v1/projects', { raw: '{"name":' }, 400, 'MALFORMED_JSON'],
  ['trailing bytes', 'POST', '/v1/projects', { raw: '{"name":"a"} x' }, 400, 'MALFORMED_JSON'],
  ['empty where a body is needed', 'POST', '/v1/projects', { raw: '' }, 400, 'MALFORMED_JSON'],
  ['too deep', 'POST', '/v1/projects', { raw: `{"name":${deep}}` }, 400, 'MALFORMED_JSON'],
  ['a number for a text', 'POST', '/v1/projects', { raw: '{"name":1}' }, 400, 'VALIDATION_ERROR'],
  ['an array for an object', 'POST', '/v1/projects', { raw: '[]' }, 400, 'VALIDATION_ERROR'],
  ['twice the same key', 'POST', '/v1/projects', { raw: '{"name":"a","name":"b"}' }, 400, 'VALIDATION_ERROR'],
  ['a key in another case', 'POST', '/v1/projects', { raw: '{"name":"a","Name":"b"}' }, 400, 'VALIDATION_ERROR'],
  ['U+0000', 'POST', '/v1/projects', { raw: '{"name":"a\\u0000b"}' }, 400, 'VALIDATION_ERROR'],
  ['too long', 'POST', '/v1/projects', { body: { name: 'x'.repeat(121) } }, 400, 'VALIDATION_ERROR'],
  ['another content type', 'POST', '/v1/projects', { raw: 'name=a', headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['too big', 'POST', '/v1/projects', { body: { name: 'x'.repeat(300_000) } }, 413, 'PAYLOAD_TOO_LARGE'],
  ['unknown route', 'GET', '/v1/nowhere', {}, 404, 'NOT_FOUND'],
  ['wrong method', 'PUT', '/v1/projects', { body: {} }, 405, 'METHOD_NOT_ALLOWED'],
  ['malformed id', 'GET', '/v1/projects/1%27--', {}, 404, 'PROJECT_NOT_FOUND'],
  ['bad escape in the query', 'GET', '/v1/projects?q=%zz', {}, 400, 'VALIDATION_ERROR'],
  ['U+0000 in the query', 'GET', '/v1/projects?q=%00', {}, 400, 'VALIDATION_ERROR'],
];
for (const [name, method, path, options, status, code] of cases) {
  test(name, async () => {
    const headers = options.raw !== undefined ? { 'content-type': 'application/json', ...options.headers } : options.headers;
    const r = await s.request(method, path, { token: me.token, ...options, headers });
    assert.deepEqual([r.status, r.code], [status, code], r.text);
    assert.ok(r.headers.get('x-request-id'));
    assert.equal(r.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(r.headers.get('server'), null);
    if (status === 405) assert.match(r.headers.get('allow'), /GET.*POST/);
  });
}

test('no, bad and expired tokens get one neutral answer', async () => {
  const expired = 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJleHAiOjF9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const answers = new Set();
  for (const token of [undefined, 'x', expired, me.token.slice(0, -2), `${me.token}A`, me.refreshToken]) {
    const r = await s.request('GET', '/v1/me', { token });
    assert.equal(r.headers.get('www-authenticate'), 'Bearer');
    answers.add(`${r.status} ${r.text}`);
  }
  assert.deepEqual([...answers], ['401 {"success":false,"error":{"code":"UNAUTHENTICATED","message":"Sign in first"}}']);
});

test('equal failures have equal bodies; a sane request id is kept, another is replaced', async () => {
  const kept = await s.request('GET', '/v1/nowhere', { headers: { 'x-request-id': 'abc-123' } });
  const odd = await s.request('GET', '/v1/nowhere', { headers: { 'x-request-id': 'a b"c' } });
  assert.equal(kept.headers.get('x-request-id'), 'abc-123');
  assert.notEqual(odd.headers.get('x-request-id'), 'a b"c');
  assert.equal(kept.text, odd.text);
});

const speak = (bytes) => new Promise((done, failed) => {
  const socket = connect(s.port, '127.0.0.1', () => socket.write(bytes));
  let text = '';
  socket.setTimeout(5000, () => failed(new Error(`no answer: ${text}`)));
  socket.on('data', (d) => (text += d)).on('close', () => done(text)).on('error', failed);
});

test('what a client may not say about its framing closes the connection', async () => {
  const attacks = [
    'POST /v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ',
    'POST /v1/auth/login HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n',
    'GET /health HTTP/1.1\r\n\r\n',
    'GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
    'GET /health HTTP/1.1\r\nhost: a\r\nx: 1\r\n folded\r\n\r\n',
    'GET http://evil/health HTTP/1.1\r\nhost: a\r\n\r\n',
    'TRACE /health HTTP/1.1\r\nhost: a\r\n\r\n',
    'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n',
  ];
  for (const bytes of attacks) {
    const text = await speak(bytes);
    assert.match(text, /^HTTP\/1\.1 (400|405|411) /, bytes);
    assert.equal(text.match(/HTTP\/1\.1 /g).length, 1, bytes);
  }
});

test('no secret, password or token in the log (LG2)', async () => {
  await s.request('POST', '/v1/auth/login', { body: { email: me.user.email, password: 'canary-password-123' } });
  const log = s.child.output;
  for (const canary of ['canary-password-123', me.password, me.token, me.refreshToken, s.settings.JWT_ACCESS_SECRET, s.settings.JWT_REFRESH_SECRET])
    assert.ok(!log.includes(canary), `the log has ${canary}`);
  for (const line of log.trim().split('\n')) JSON.parse(line);
});
