import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the demo keeps its data: the same disk, and not a file system in memory, as a system's temporary directory may be. */
const PARENT = 'data/bench';

/** Runs work with a directory of its own on the disk, which is removed after it. */
export async function withTemporaryDirectory<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  await mkdir(PARENT, { recursive: true });
  const directory = await mkdtemp(join(PARENT, 'run-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
