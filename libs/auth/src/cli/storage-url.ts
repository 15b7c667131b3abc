import { ConfigurationError } from '../config/configuration.error.js';
import { postgres } from '../storage/postgres/postgres.js';
import { DEFAULT_SQLITE_FILENAME, sqlite } from '../storage/sqlite/sqlite.js';
import type { StorageFactory } from '../storage/storage.js';

/**
 * The storage that a URL names: `sqlite:path/to/file` or `postgres://…`, where `?schema=` chooses the schema.
 * @throws ConfigurationError if it is neither.
 */
export function parseStorageUrl(url: string): StorageFactory {
  if (url.startsWith('sqlite:')) {
    return sqlite({ filename: url.slice('sqlite:'.length) || DEFAULT_SQLITE_FILENAME });
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { connectionString, schema } = takeSchema(url);
    return postgres({ connectionString, schema });
  }
  throw new ConfigurationError(
    "The storage is neither a SQLite file nor a PostgreSQL database: write 'sqlite:data/nestward.sqlite' or 'postgres://user:password@host:5432/database?schema=nestward'.",
  );
}

/** `schema` is ours, and no parameter of the connection. */
function takeSchema(url: string): { connectionString: string; schema: string | undefined } {
  if (!URL.canParse(url)) {
    return { connectionString: url, schema: undefined };
  }
  const parsed = new URL(url);
  const schema = parsed.searchParams.get('schema') ?? undefined;
  parsed.searchParams.delete('schema');
  return { connectionString: parsed.href, schema };
}
