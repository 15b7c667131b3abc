import type { ColumnType } from 'kysely';

/** A point in time, in milliseconds since the Unix epoch. `pg` reads a bigint as text, so that what is read goes through `Number`. */
type Timestamp = ColumnType<number | string, number, number>;

type NullableTimestamp = ColumnType<number | string | null, number | null, number | null>;

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
  user_agent: string | null;
  ip_address: string | null;
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

interface OneTimeTokenTable {
  token_hash: string;
  purpose: 'email-verification' | 'password-reset' | 'email-change';
  recipe_user_id: string;
  tenant_id: string;
  email: string;
  credential_fingerprint: string | null;
  session_handle: string | null;
  expires_at: Timestamp;
}

interface OutboxTable {
  id: string;
  message: string;
  created_at: Timestamp;
  attempts: ColumnType<number | string, number, number>;
  /** When it is to be sent, or tried again; null where it has been given up. */
  due_at: NullableTimestamp;
  lease_id: string | null;
}

interface RateLimitTable {
  key: string;
  points: number;
  expires_at: Timestamp;
}

/** The tables, as Kysely sees them. Their prefix lets them live in an app's own database. */
export interface Database {
  nestward_users: UserTable;
  nestward_login_methods: LoginMethodTable;
  nestward_sessions: SessionTable;
  nestward_keys: KeyTable;
  nestward_used_oauth_states: UsedOAuthStateTable;
  nestward_email_locks: EmailLockTable;
  nestward_one_time_tokens: OneTimeTokenTable;
  nestward_outbox: OutboxTable;
  nestward_rate_limits: RateLimitTable;
}
