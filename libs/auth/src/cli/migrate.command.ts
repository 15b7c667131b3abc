import { parseStorageUrl } from './storage-url.js';

/** Brings the schema of a storage up to date. */
export async function migrate(url: string, print: (line: string) => void): Promise<void> {
  const factory = parseStorageUrl(url);
  const storage = await factory.open();
  try {
    const names = await storage.migrate();
    for (const name of names) {
      print(`Ran ${name}`);
    }
    print(names.length === 0 ? `The schema of ${factory.description} is up to date.` : 'Done.');
  } finally {
    await storage.close();
  }
}
