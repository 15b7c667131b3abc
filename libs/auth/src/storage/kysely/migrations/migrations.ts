import type { Migration } from 'kysely';
import { initialSchema } from './0001-initial-schema.js';
import { thirdParty } from './0002-third-party.js';
import { email } from './0003-email.js';
import { rateLimits } from './0004-rate-limits.js';
import { sessionDevices } from './0005-session-devices.js';

/** The steps of the schema, by name and in order. They only go forward, and one that has been released never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial-schema': initialSchema,
  '0002-third-party': thirdParty,
  '0003-email': email,
  '0004-rate-limits': rateLimits,
  '0005-session-devices': sessionDevices,
};
