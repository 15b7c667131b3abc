import type { ColumnType } from 'kysely';

/** A point in time, in milliseconds since the Unix epoch. `pg` reads a bigint as text, so that what is read goes through `Number`. */
type Timestamp = ColumnType<number | string, number, number>;

/** A truth value that every database understands: 0 or 1. */
type Flag = ColumnType<number | string, number, number>;

interface UserTable {
  id: string;
  is_primary_user: Flag;
  time_joined: Timestamp;
}

interface LoginMethodTable {
  recipe_user_id: string;
  user_id: string;
  recipe_id: 'emailpassword' | 'thirdparty';
  email: string;
  email_verified: Flag;
  password_hash: string | null;
  third_party_id: string | null;
  third_party_user_id: string | null;
  time_joined: Timestamp;
}

interface SessionTable {
  handle: string;
  user_id: string;
  recipe_user_id: string;
  tenant_id: string;
  refresh_token_hash: string;
  previous_refresh_token_hash: string | null;
  confirmed_at: Timestamp;
  access_token_payload: string;
  access_token_payload_version: ColumnType<number | string, number, number>;
  session_data: string;
  created_at: Timestamp;
  expires_at: Timestamp;
}

interface KeyTable {
  id: string;
  purpose: 'dynamic' | 'static' | 'refresh-token';
  generation: ColumnType<number | string, number, number>;
  algorithm: string;
  material: string;
  created_at: Timestamp;
  active_from: Timestamp;
}

interface UsedOAuthStateTable {
  hash: string;
  expires_at: Timestamp;
}

/** A row lives within one transaction, and keeps others that work on the same email waiting. */
interface EmailLockTable {
  email: string;
}

/** The tables, as Kysely sees them. Their prefix lets them live in an app's own database. */
export interface Database {
  nestward_users: UserTable;
  nestward_login_methods: LoginMethodTable;
  nestward_sessions: SessionTable;
  nestward_keys: KeyTable;
  nestward_used_oauth_states: UsedOAuthStateTable;
  nestward_email_locks: EmailLockTable;
}
