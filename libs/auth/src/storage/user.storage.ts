import type { User } from '../users/user.js';

/** A user to create with email and password as the only login method. Times are milliseconds since the Unix epoch. */
export interface NewEmailPasswordUser {
  /** The id of the user and of its login method. */
  readonly userId: string;
  /** Normalised: trimmed and in lower case. */
  readonly email: string;
  readonly passwordHash: string;
  readonly timeJoined: number;
}

/** What a password is checked against. */
export interface EmailPasswordCredential {
  readonly userId: string;
  readonly recipeUserId: string;
  readonly passwordHash: string;
}

/** What to change of an email and password login method. */
export interface EmailPasswordUpdate {
  readonly email?: string;
  readonly passwordHash?: string;
}

/** Where users and their login methods are kept. Emails that come in are normalised already. */
export interface UserStorage {
  /** Creates a user, or nothing at all if another email and password user has the email. */
  createEmailPasswordUser(user: NewEmailPasswordUser): Promise<'created' | 'email-taken'>;

  /** Finds a user by its id or by the id of one of its login methods. */
  find(userId: string): Promise<User | undefined>;

  /** The users that have a login method with this email, oldest first. */
  listByEmail(email: string): Promise<User[]>;

  findCredentialByEmail(email: string): Promise<EmailPasswordCredential | undefined>;

  findCredential(recipeUserId: string): Promise<EmailPasswordCredential | undefined>;

  /** Changes email and password hash together or not at all. A changed email is no longer verified. */
  updateEmailPassword(
    recipeUserId: string,
    update: EmailPasswordUpdate,
  ): Promise<'updated' | 'unknown-user' | 'email-taken'>;

  /** Replaces a password hash if it is still the expected one. @returns whether it was. */
  replacePasswordHash(recipeUserId: string, expected: string, passwordHash: string): Promise<boolean>;

  /** Removes a user with its login methods and sessions. @returns whether the user existed. */
  remove(userId: string): Promise<boolean>;
}
