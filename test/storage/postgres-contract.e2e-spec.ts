import { randomUUID } from 'node:crypto';
import { postgres } from 'nestward';
import { useTestPostgres } from '../support/test-postgres.js';
import { describeStorageContract } from './storage-contract.js';

const connectionString = useTestPostgres();

describeStorageContract('PostgreSQL', () =>
  Promise.resolve({
    factory: postgres({ connectionString: connectionString(), schema: `test_${randomUUID().replaceAll('-', '')}` }),
    dispose: () => Promise.resolve(),
  }),
);
