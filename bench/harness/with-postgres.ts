/** What a benchmark uses of `test/support/postgres-server.ts`. */
interface PostgresServer {
  readonly connectionString: string;
  stop(): Promise<void>;
}

interface PostgresServerModule {
  loadPostgresServer: () => Promise<{ PostgresServer: { start(): Promise<PostgresServer> } }>;
}

/**
 * Runs work with a PostgreSQL: the one that `TEST_DATABASE_URL` names, or one that is started for it with the server's own
 * defaults, so that a commit reaches the disk.
 */
export async function withPostgres<Result>(work: (connectionString: string) => Promise<Result>): Promise<Result> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    return work(given);
  }
  const loader = new URL('../../../test/support/load-postgres-server.js', import.meta.url);
  const { loadPostgresServer } = (await import(loader.href)) as PostgresServerModule;
  const { PostgresServer } = await loadPostgresServer();
  const server = await PostgresServer.start();
  try {
    return await work(server.connectionString);
  } finally {
    await server.stop();
  }
}
