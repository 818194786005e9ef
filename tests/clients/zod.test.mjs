// VA4: of each random value the library says what zod says: taken or not, and the same paths.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import fc from 'fast-check';
import { differences, object, schemas, valueOf } from './zod_schemas.mjs';

const SCHEMAS = 4000, VALUES = 26, BATCH = 200;

function judge() {
  const child = spawn(process.env.SAAS_JUDGE, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(questions) {
      child.stdin.write(questions.map((q) => `${JSON.stringify(q)}\n`).join(''));
      const answers = [];
      while (answers.length < questions.length) {
        const { value, done } = await lines.next();
        assert(!done, 'the judge has left');
        answers.push(JSON.parse(value));
      }
      return answers;
    },
    end: () => child.kill(),
  };
}

function path(parts) {
  return parts.reduce((p, part) => (typeof part === 'number' ? `${p}[${part}]` : p ? `${p}.${part}` : part), '');
}

function pathsOf(issues) {
  const paths = issues.flatMap((i) => (i.code === 'unrecognized_keys' ? i.keys.map((k) => path([...i.path, k])) : [path(i.path)]));
  return [...new Set(paths)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function zodPaths(question) {
  const whole = object(question.schema), schema = question.partial ? whole.partial() : whole;
  return question.values.map((text) => {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? [] : pathsOf(result.error.issues);
  });
}

test('100,000 random values: the same verdict and the same paths as zod', { timeout: 170_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? 1), asked = judge();
  const questions = fc.sample(schemas, { numRuns: SCHEMAS, seed });
  t.after(asked.end);
  let pairs = 0, refused = 0;
  for (let at = 0; at < questions.length; at += BATCH) {
    const batch = questions.slice(at, at + BATCH);
    batch.forEach((q, i) => {
      q.values = fc.sample(valueOf(q.schema), { numRuns: VALUES, seed: seed + at + i }).map((v) => JSON.stringify(v));
    });
    const answers = await asked.ask(batch);
    batch.forEach((q, i) => {
      zodPaths(q).forEach((theirs, k) => {
        if (answers[i][k] === 'capped' && theirs.length > 16) return; // `at-most-64` issues are kept
        pairs++;
        refused += theirs.length > 0;
        assert.deepEqual(answers[i][k], theirs, `seed ${seed}\n${q.partial ? 'partial ' : ''}${JSON.stringify(q.schema)}\n${q.values[k]}`);
      });
    });
  }
  console.log(`${pairs} pairs, ${refused} refused, seed ${seed}`);
  assert(pairs >= 100_000);
  assert(refused > pairs / 10 && refused < (pairs * 9) / 10);
});

test('each difference is in the guide by its name', () => {
  const guide = readFileSync(new URL('../../docs/guide/validation.md', import.meta.url), 'utf8');
  for (const name of Object.keys(differences)) assert(guide.includes(`\`${name}\``), name);
});
