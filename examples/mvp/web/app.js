// The whole client: an answer is data or an error with a code, and a POST that is sent again carries the same key.
const at = (id) => document.getElementById(id);
let token;

async function call(method, path, body) {
  const headers = { accept: 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers['content-type'] = 'application/json';
  if (token && method === 'POST') headers['idempotency-key'] = crypto.randomUUID();
  const answer = await (await fetch(path, { method, headers, body: body && JSON.stringify(body) })).json();
  if (answer.success) return answer.data;
  const { code, message, details = {} } = answer.error;
  throw Object.assign(new Error([message, ...Object.entries(details).map(([f, m]) => `${f}: ${m}`)].join(' · ')), { code });
}

async function list() {
  const items = (await call('GET', '/v1/projects')).map(({ name }) => Object.assign(document.createElement('li'), { textContent: name }));
  at('projects').replaceChildren(...items);
}

function on(id, act) {
  at(id).addEventListener('submit', async (event) => {
    event.preventDefault();
    at('problem').textContent = '';
    try {
      await act(Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value)));
    } catch (e) {
      at('problem').textContent = e.message;
    }
  });
}

on('enter', async (fields) => {
  const path = fields.orgName ? '/v1/auth/signup' : '/v1/auth/login';
  token = (await call('POST', path, fields)).accessToken;
  at('enter').hidden = true;
  at('inside').hidden = false;
  await list();
});

on('add', async (fields) => {
  await call('POST', '/v1/projects', fields);
  at('add').reset();
  await list();
});
