// JSON.parse and zod 4 on the body of schema.c, against the library in the same run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { z } = createRequire(new URL('../clients/package.json', import.meta.url))('zod');
const BODY = '{"title":"Two pallets of pavers","status":"paid","contactEmail":"ada@example.com","quantity":42,"isGift":false,'
  + '"tags":["garden","heavy"],"shipTo":{"street":"1 High St","country":"GB"},"note":null}';
const order = z.strictObject({
  title: z.string().min(1).max(120), contactEmail: z.email(), quantity: z.int().min(1).max(1000),
  status: z.enum(['open', 'paid']).optional(), isGift: z.boolean().optional(),
  tags: z.array(z.string().min(1).max(20)).max(8).optional(),
  shipTo: z.strictObject({ street: z.string().min(1).max(40), country: z.string().length(2).default('DE') }).optional(),
  note: z.string().max(2000).nullable().optional(),
});

function round(turns) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < turns; i++) if (order.parse(JSON.parse(BODY)).quantity !== 42) throw new Error('lost');
  return Number(process.hrtime.bigint() - start) / turns;
}

function ours() {
  return Number(/into its struct (\d+) ns/.exec(execFileSync(process.env.SAAS_BENCH, { encoding: 'utf8' }))[1]);
}

// In turns, the best of each: what else runs only adds.
test('a body into its struct is at least six times as fast as JSON.parse and zod', () => {
  let best = Infinity, theirs = Infinity;
  for (let turn = 0; turn < 3; turn++) {
    theirs = Math.min(theirs, ...Array.from({ length: 20 }, () => round(5000)));
    best = Math.min(best, ours());
  }
  console.log(`schema: zod ${theirs.toFixed(0)} ns, libsaas ${best} ns, ratio ${(theirs / best).toFixed(1)}`);
  assert(theirs >= 6 * best);
});
