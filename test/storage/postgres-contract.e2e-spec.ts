import { randomUUID } from 'node:crypto';
import { postgres } from 'nestward';
import pg from 'pg';
import { useTestPostgres } from '../support/test-postgres.js';
import { describeStorageContract } from './storage-contract.js';

const connectionString = useTestPostgres();

describeStorageContract('PostgreSQL', () =>
  Promise.resolve({
    factory: postgres({ connectionString: connectionString(), schema: `test_${randomUUID().replaceAll('-', '')}` }),
    dispose: () => Promise.resolve(),
  }),
);

describe('the first tables on PostgreSQL', () => {
  it('are made once, however the statements of nodes that boot at one instant interleave', async () => {
    for (let round = 0; round < 25; round++) {
      const schema = `test_${randomUUID().replaceAll('-', '')}`;
      const nodes = await Promise.all(
        Array.from({ length: 8 }, () => postgres({ connectionString: connectionString(), schema, poolSize: 1 }).open()),
      );
      const ran = await Promise.all(nodes.map((node) => node.migrate()));
      expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
      await Promise.all(nodes.map((node) => node.close()));
    }
  });
  it('are not waited for where something else has their name', async () => {
    const schema = `test_${randomUUID().replaceAll('-', '')}`;
    const client = new pg.Client({ connectionString: connectionString() });
    await client.connect();
    await client.query(`create schema ${schema}; create type ${schema}.nestward_migrations_lock as enum ('other')`);
    await client.end();
    const node = await postgres({ connectionString: connectionString(), schema }).open();
    await expect(node.migrate()).rejects.toThrow('type "nestward_migrations_lock" already exists');
    await node.close();
  });
});
