import { ConfigurationError } from '../config/configuration.error.js';
import { KyselyStorage } from '../storage/kysely/kysely.storage.js';
import { parseStorageUrl } from './storage-url.js';

/**
 * Copies users, sessions and keys from one storage to another, so that signed-in people stay signed in.
 * @throws Error if the counts differ at the end, as when the app still writes to the source.
 */
export async function copy(fromUrl: string, toUrl: string, print: (line: string) => void): Promise<void> {
  const source = await open(fromUrl);
  try {
    await source.checkSchema();
    const target = await open(toUrl);
    try {
      await target.migrate();
      const tables = await source.copyTo(target, ({ table, copied, total }) => {
        print(`${table}: ${String(copied)} of ${String(total)}`);
      });
      for (const { table, source: expected, target: actual } of tables) {
        print(`${table}: ${String(expected)} in the source, ${String(actual)} in the target`);
      }
      if (tables.some((table) => table.source !== table.target)) {
        throw new Error('The counts differ: stop the app that uses the source, and run the same command again.');
      }
      print('Done: source and target have the same rows.');
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function open(url: string): Promise<KyselyStorage> {
  const storage = await parseStorageUrl(url).open();
  if (!(storage instanceof KyselyStorage)) {
    throw new ConfigurationError('This storage cannot be copied: write a sqlite: or postgres: URL.');
  }
  return storage;
}
