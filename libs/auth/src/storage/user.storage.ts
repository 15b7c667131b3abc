import type { User } from '../users/user.js';
import type { NewOutboxMessage } from './outbox.storage.js';

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

/** A change of a password by somebody who knows the old one. */
export interface PasswordChange {
  readonly recipeUserId: string;
  /** The hash that there must still be. */
  readonly expected: string;
  readonly passwordHash: string;
  /** The session that stays when all others of the user end; null where none does. */
  readonly keepSessionHandle: string | null;
  /** What is sent if it works. */
  readonly notice: NewOutboxMessage | undefined;
}

/** A login method with a provider that signs in for the first time, or again. Times are milliseconds since the Unix epoch. */
export interface ThirdPartySignIn {
  /** The id of the login method if it is new, and of its user if that is new too. */
  readonly userId: string;
  readonly thirdPartyId: string;
  readonly thirdPartyUserId: string;
  /** Normalised: trimmed and in lower case. */
  readonly email: string;
  /** Whether the provider vouches for the email. */
  readonly emailVerified: boolean;
  readonly timeJoined: number;
  /**
   * Whether a new login method with a verified email joins the user who has a login method with the same email, verified
   * too, if there is one.
   */
  readonly linkByVerifiedEmail: boolean;
}

/** The login method that belongs to an account at a provider. */
export interface ThirdPartyLogin {
  readonly userId: string;
  readonly recipeUserId: string;
}

/** Where users and their login methods are kept. Emails that come in are normalised already. */
export interface UserStorage {
  /** Creates a user, or nothing at all if another email and password user has the email. */
  createEmailPasswordUser(user: NewEmailPasswordUser): Promise<'created' | 'email-taken'>;

  /**
   * Finds the login method of an account at a provider, or creates it with its user. The provider and the id there decide,
   * never the email: of several first sign-ins at once, one creates and the others find.
   *
   * One that exists gets the email that the provider gives now. A changed email is as verified as the provider says; an
   * unchanged one that is verified stays so.
   */
  signInWithThirdParty(signIn: ThirdPartySignIn): Promise<ThirdPartyLogin & { readonly isNew: boolean }>;

  findThirdPartyLogin(thirdPartyId: string, thirdPartyUserId: string): Promise<ThirdPartyLogin | undefined>;

  /** Finds a user by its id or by the id of one of its login methods. */
  find(userId: string): Promise<User | undefined>;

  /** The users that have a login method with this email, oldest first. */
  listByEmail(email: string): Promise<User[]>;

  findCredentialByEmail(email: string): Promise<EmailPasswordCredential | undefined>;

  findCredential(recipeUserId: string): Promise<EmailPasswordCredential | undefined>;

  /**
   * Changes email and password hash together or not at all. A changed email is no longer verified, and all tokens that were
   * sent by mail for the login method are worth nothing.
   */
  updateEmailPassword(
    recipeUserId: string,
    update: EmailPasswordUpdate,
  ): Promise<'updated' | 'unknown-user' | 'email-taken'>;

  /** Replaces a password hash if it is still the expected one. @returns whether it was. */
  replacePasswordHash(recipeUserId: string, expected: string, passwordHash: string): Promise<boolean>;

  /**
   * Replaces a password hash if it is still the expected one, and with it ends the user's other sessions, and removes the
   * tokens that were sent by mail for the login method.
   * @returns whether it was.
   */
  changePassword(change: PasswordChange): Promise<boolean>;

  /** Says whether the email of a login method is verified, if it still has it. @returns whether it has. */
  setEmailVerified(recipeUserId: string, email: string, verified: boolean): Promise<boolean>;

  /** Removes a user with its login methods and sessions. @returns whether the user existed. */
  remove(userId: string): Promise<boolean>;
}
