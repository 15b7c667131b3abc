#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { DEFAULT_SQLITE_FILENAME } from '../storage/sqlite/sqlite.js';
import { copy } from './copy.command.js';
import { migrate } from './migrate.command.js';

const HELP = `Usage:
  nestward migrate [--storage URL]        bring the database schema up to date
  nestward copy --from URL --to URL       move users, sessions and keys to another database

A URL is sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE, with ?schema=NAME where it is not 'nestward'.
Without --storage, migrate takes the environment variable DATABASE_URL, or sqlite:${DEFAULT_SQLITE_FILENAME}.

copy makes the target the same as the source, and may be run again at any time: run it once while the app runs, stop the
app, run it again for the rest, and start the app on the target. Signed-in people stay signed in.`;

/** A command line that cannot be understood. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { command, storage, from, to, help } = readArguments();
  if (help) {
    console.log(HELP);
    return;
  }
  switch (command) {
    case 'migrate':
      await migrate(storage ?? process.env['DATABASE_URL'] ?? `sqlite:${DEFAULT_SQLITE_FILENAME}`, console.log);
      return;
    case 'copy':
      if (from === undefined || to === undefined) {
        throw new UsageError('copy needs --from URL and --to URL');
      }
      await copy(from, to, console.log);
      return;
    default:
      throw new UsageError(command === undefined ? 'There is no command' : `There is no command '${command}'`);
  }
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        storage: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (positionals.length > 1) {
      throw new UsageError(`There is one command at a time, and not '${positionals.join(' ')}'`);
    }
    return { ...values, command: positionals[0] };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

main().catch((error: unknown) => {
  console.error(`nestward: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) {
    console.error(`\n${HELP}`);
  }
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
