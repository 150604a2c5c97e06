// One phase of the queue benchmark with BullMQ: `bullmq.mjs FOLDER SOCKET PHASE TASKS AT_ONCE`.
// PHASE: enqueue (one a call), enqueue-many (a hundred a call), work (claim and complete). Prints seconds.
import { createRequire } from 'node:module';
const [folder, socket, phase, tasks, atOnce] = process.argv.slice(2);
const load = createRequire(`${folder}/node_modules/`);
const { Queue, Worker } = load('bullmq');
const Redis = load('ioredis');
const connection = () => new (Redis.default ?? Redis)(socket, { maxRetriesPerRequest: null });
const count = Number(tasks);
const queue = new Queue('bench', { connection: connection() });
await queue.waitUntilReady();
const options = { removeOnComplete: true, attempts: 3 };
const begun = () => process.hrtime.bigint();
const done = (since) => console.log(Number(begun() - since) / 1e9);

async function share(items, act) {
  const rest = items[Symbol.iterator]();
  await Promise.all(Array.from({ length: Number(atOnce) }, async () => { for (const item of rest) await act(item); }));
}

if (phase === 'enqueue') {
  const since = begun();
  await share(Array.from({ length: count }, (_, n) => n), (n) => queue.add('task', { n }, options));
  done(since);
} else if (phase === 'enqueue-many') {
  const batches = Array.from({ length: Math.ceil(count / 100) }, (_, at) =>
    Array.from({ length: Math.min(100, count - at * 100) }, (_, n) => ({ name: 'task', data: { n }, opts: options })));
  const since = begun();
  await share(batches, (batch) => queue.addBulk(batch));
  done(since);
} else {
  let left = count;
  const worker = new Worker('bench', async () => {}, { connection: connection(), concurrency: Number(atOnce), autorun: false });
  await worker.waitUntilReady();
  const finished = new Promise((resolve) => worker.on('completed', () => { left -= 1; if (left === 0) resolve(); }));
  const since = begun();
  worker.run();
  await finished;
  done(since);
  await worker.close();
}
process.exit(0);
