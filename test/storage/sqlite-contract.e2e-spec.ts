import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from 'nestward';
import { describeStorageContract } from './storage-contract.js';

describeStorageContract('a SQLite file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nestward-sqlite-'));
  return Promise.resolve({
    factory: sqlite({ filename: join(directory, 'data', 'test.sqlite') }),
    dispose: () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    },
  });
});

describeStorageContract('SQLite in memory', () =>
  Promise.resolve({ factory: sqlite({ filename: ':memory:' }), dispose: () => Promise.resolve() }),
);
