import { PostgresServer } from './postgres-server.js';

/**
 * A PostgreSQL for the tests of a file: the one that `TEST_DATABASE_URL` names, or one that is started for the file.
 * @returns what answers its connection string, once the tests run.
 */
export function useTestPostgres(): () => string {
  const given = process.env['TEST_DATABASE_URL'];
  let server: PostgresServer | undefined;

  beforeAll(async () => {
    server = given === undefined ? await PostgresServer.start() : undefined;
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
  });

  return () => {
    const connectionString = given ?? server?.connectionString;
    if (connectionString === undefined) {
      throw new Error('PostgreSQL runs only while tests run');
    }
    return connectionString;
  };
}
